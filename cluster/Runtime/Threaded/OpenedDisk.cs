namespace Uss.Runtime.Threaded;

/// <summary>An open, locked disk, as <see cref="DiskOpener"/> found it. Whoever holds it closes the descriptor.</summary>
internal sealed record OpenedDisk(
    string Path,
    int Descriptor,
    long SizeBytes,
    int SectorBytes,
    bool NeedsFlush,
    bool IsFile,
    bool IsReadOnly,
    bool? IsRotational,
    string? Warning);
