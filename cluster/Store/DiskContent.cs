namespace Uss.Store;

/// <summary>What <see cref="DiskProbe"/> found on a disk.</summary>
/// <param name="IsEmpty">True when nothing that anybody could miss was found.</param>
/// <param name="UssDiskId">The disk's identity when it is a disk of USS, damaged or not.</param>
/// <param name="Description">In words: "empty", "USS disk …", "ext4 file system", "GPT partition table", "unknown data".</param>
public sealed record DiskContent(bool IsEmpty, Guid? UssDiskId, string Description);
