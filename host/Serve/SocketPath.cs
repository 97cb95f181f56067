using System.Runtime.InteropServices;
using System.Text;

namespace Uss.Host.Serve;

/// <summary>
/// A name for a Unix domain socket that fits into <c>sun_path</c> (108 bytes, unix(7)): the path itself, or for longer
/// ones a way through an open handle of its folder.
/// </summary>
internal sealed partial class SocketPath : IDisposable
{
    private const int LongestBytes = 107;
    private const int OpenPathOnly = 0x200000;
    private const int OpenDirectory = 0x10000;
    private const int OpenCloseOnExec = 0x80000;

    private readonly int _folderHandle;

    private SocketPath(string name, int folderHandle)
    {
        Name = name;
        _folderHandle = folderHandle;
    }

    /// <summary>The name to bind or connect to while this object lives.</summary>
    public string Name { get; }

    public static SocketPath Open(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) <= LongestBytes)
            return new SocketPath(path, -1);
        var handle = OpenFile(Path.GetDirectoryName(path)!, OpenPathOnly | OpenDirectory | OpenCloseOnExec);
        return handle < 0 ? new SocketPath(path, -1) : new SocketPath($"/proc/self/fd/{handle}/{Path.GetFileName(path)}", handle);
    }

    public void Dispose()
    {
        if (_folderHandle >= 0)
            _ = CloseFile(_folderHandle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseFile(int handle);
}
