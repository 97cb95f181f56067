namespace Uss.Placement;

/// <summary>What a pool's data weighs and how fast disks move it: what turns copies into bytes and time.</summary>
/// <param name="GroupBytes">Bytes of one copy of each group. Where a map has a multiple of these groups, each is taken to be split
/// evenly.</param>
/// <param name="DiskBytesPerSecond">Bytes a second that a disk reads and writes together for the change; above 0.</param>
public sealed record PoolUsage(IReadOnlyList<long> GroupBytes, long DiskBytesPerSecond)
{
    /// <summary>Bytes that each disk holds beside the pool: of other pools.</summary>
    public IReadOnlyDictionary<Guid, long> OtherBytes { get; init; } = new Dictionary<Guid, long>();

    /// <summary>A usage of equal groups.</summary>
    /// <param name="bytes">Bytes of one copy of all data.</param>
    /// <param name="groups">Groups.</param>
    /// <param name="diskBytesPerSecond">Bytes a second that a disk reads and writes together.</param>
    public static PoolUsage Even(long bytes, int groups, long diskBytesPerSecond) =>
        new([.. Enumerable.Repeat(bytes / groups, groups)], diskBytesPerSecond);

    /// <summary>Bytes of one copy of a group of a map.</summary>
    /// <param name="group">The group.</param>
    /// <param name="groups">Groups of the map: as many as in <see cref="GroupBytes"/>, or a multiple.</param>
    public long BytesOf(int group, int groups) => GroupBytes[group % GroupBytes.Count] / (groups / GroupBytes.Count);
}
