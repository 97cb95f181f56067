using Uss.Runtime;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// The cluster's key of handles, and what was lately found to be made with it: clients send the same few handles again and again, and to
/// compare 32 bytes costs less than a hash.
/// </summary>
public sealed class HandleKey
{
    private const int Places = 1024;

    private readonly byte[] _known = new byte[Places * FileHandle.Size];

    /// <summary>Takes the key.</summary>
    /// <param name="key"><see cref="FileHandle.KeyBytes"/> bytes.</param>
    public HandleKey(ReadOnlyMemory<byte> key)
    {
        Invariant.Check(key.Length == FileHandle.KeyBytes);
        Bytes = key;
    }

    /// <summary>The key.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>As <see cref="FileHandle.TryParse"/>.</summary>
    public bool TryParse(ReadOnlySpan<byte> source, out FileHandle handle)
    {
        handle = default;
        if (!FileHandle.HasLayout(source))
            return false;

        // The last bytes are a hash.
        var place = _known.AsSpan((source[^1] | ((source[^2] & 3) << 8)) * FileHandle.Size, FileHandle.Size);
        if (source.SequenceEqual(place))
        {
            handle = FileHandle.Read(source);
            return true;
        }

        if (!FileHandle.TryParse(source, Bytes.Span, out handle))
            return false;
        source.CopyTo(place);
        return true;
    }
}
