using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>
/// The contents of the files of one file system, each a space of its own at offset = offset in the file. Every change is durable when it
/// completes; each 4 KiB block is linearizable whichever front-end a change comes from, also of parts of blocks.
/// </summary>
public sealed class FileSpaces
{
    /// <summary>Bytes that a file can have: its blocks can be given back in a minute or two, object by object.</summary>
    public const long MaximumFileBytes = 16L << 40;

    private readonly SpaceAccess _access;
    private readonly int _fileSystem;

    internal FileSpaces(SpaceAccess access, int fileSystem)
    {
        _access = access;
        _fileSystem = fileSystem;
    }

    /// <summary>Reads <c>target.Length</c> bytes, at least one.</summary>
    /// <param name="contents">Number of the file's contents.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="target">On a page boundary of its buffer where <paramref name="offset"/> is a multiple of 4096: then no copy is made.</param>
    public ValueTask<VolumeResult> ReadAsync(ulong contents, long offset, BufferSlice target) =>
        _access.ReadAsync(SpaceOf(contents), offset, target);

    /// <summary>Writes all of <paramref name="source"/>, at least one byte, under the same rule.</summary>
    public ValueTask<VolumeResult> WriteAsync(ulong contents, long offset, BufferSlice source) =>
        _access.WriteAsync(SpaceOf(contents), offset, source);

    /// <summary>Makes a range read as zeros and gives back its whole blocks.</summary>
    public ValueTask<VolumeResult> DiscardAsync(ulong contents, long offset, long length) =>
        _access.DiscardAsync(SpaceOf(contents), offset, length);

    private ulong SpaceOf(ulong contents) => SpaceId.OfContents(_access.Pool.Record.Id, _fileSystem, contents);
}
