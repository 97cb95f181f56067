using System.Globalization;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Where a service keeps its files, and the names of these files.</summary>
internal sealed class DataFolder
{
    public DataFolder(string path) => Path = System.IO.Path.GetFullPath(path);

    /// <summary>The folder, as an absolute path.</summary>
    public string Path { get; }

    /// <summary>Held by the process that serves from the folder.</summary>
    public string LockFile => In("uss.lock");

    /// <summary>Holds the serving process's id while it runs.</summary>
    public string PidFile => In("uss.pid");

    /// <summary>The management API's Unix domain socket.</summary>
    public string Socket => In("uss.sock");

    /// <summary>The embedded coordination store.</summary>
    public string Database => In("cluster.db");

    /// <summary>Log files.</summary>
    public string LogFolder => In("log");

    /// <summary>File-backed disk number <paramref name="index"/>.</summary>
    public string Disk(int index) => In(string.Create(CultureInfo.InvariantCulture, $"disk{index}.uss"));

    /// <summary>Creates the folder, for its owner alone, when it is not there, and checks that files can be made in it.</summary>
    public Fault? Prepare()
    {
        try
        {
            if (!Directory.Exists(Path))
                Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var probe = In(".uss-write-test");
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "data-not-writable",
                $"The data folder {Path} cannot be written: {exception.Message}",
                "Give another folder with --data DIR, or make this one writable and see that its file system is not full.");
        }
    }

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
