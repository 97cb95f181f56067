using Uss.Placement;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// How the 64 bits of a space identity are used. A space names its pool and what it is, so that whoever sees an object
/// knows its placement group without asking anybody.
/// </summary>
/// <remarks>
/// <code>
///  63      56  55  54                          24 23                     0
/// +----------+---+-------------------------------+-----------------------+
/// | pool 8   | 0 | family 31                     | member 24             |  a volume's address range
/// +----------+---+---+----------------+----------+-----------------------+
/// | pool 8   | 1 | 0 | file system 14 | contents 40                      |  contents of a file
/// +----------+---+---+----------------+----------------------------------+
/// | pool 8   | 1 | 1 | file system 14 | 0                                |  metadata of a file system
/// +----------+---+---+----------------+----------------------------------+
/// </code>
/// A family is a volume with all its clones: 2 billion families ever, 16 million members in each; its objects are hashed to groups by
/// family and index, so that a chain is local to one group. Contents are hashed whole. Metadata has no index in its hash: all of it is in
/// one group, whose primary owns the file system. Numbers are never given again.
/// </remarks>
public static class SpaceId
{
    /// <summary>Largest pool number.</summary>
    public const int MaximumPool = 255;

    /// <summary>Largest family number.</summary>
    public const uint MaximumFamily = (1u << 31) - 1;

    /// <summary>Largest member number.</summary>
    public const int MaximumMember = (1 << 24) - 1;

    /// <summary>Largest number of a file system.</summary>
    public const int MaximumFileSystem = (1 << 14) - 1;

    /// <summary>Largest number of contents.</summary>
    public const ulong MaximumContents = (1UL << 40) - 1;

    private const ulong FileSystemBit = 1UL << 55;
    private const ulong MetadataBit = 1UL << 54;
    private const int PoolShift = 56;
    private const int FamilyShift = 24;
    private const int FileSystemShift = 40;

    /// <summary>Puts the identity of a volume's space together.</summary>
    /// <param name="pool">1 to <see cref="MaximumPool"/>.</param>
    /// <param name="family">0 to <see cref="MaximumFamily"/>.</param>
    /// <param name="member">0 to <see cref="MaximumMember"/>.</param>
    public static ulong Compose(int pool, uint family, int member)
    {
        Invariant.Check(pool is > 0 and <= MaximumPool && family <= MaximumFamily && member is >= 0 and <= MaximumMember);
        return ((ulong)pool << PoolShift) | ((ulong)family << FamilyShift) | (uint)member;
    }

    /// <summary>The space of a file's contents.</summary>
    /// <param name="pool">1 to <see cref="MaximumPool"/>.</param>
    /// <param name="fileSystem">1 to <see cref="MaximumFileSystem"/>.</param>
    /// <param name="contents">1 to <see cref="MaximumContents"/>.</param>
    public static ulong OfContents(int pool, int fileSystem, ulong contents)
    {
        Invariant.Check(contents is > 0 and <= MaximumContents);
        return OfFileSystem(pool, fileSystem) | contents;
    }

    /// <summary>The space of a file system's metadata.</summary>
    /// <param name="pool">1 to <see cref="MaximumPool"/>.</param>
    /// <param name="fileSystem">1 to <see cref="MaximumFileSystem"/>.</param>
    public static ulong OfMetadata(int pool, int fileSystem) => OfFileSystem(pool, fileSystem) | MetadataBit;

    /// <summary>The pool of a space.</summary>
    public static int PoolOf(ulong space) => (int)(space >> PoolShift);

    /// <summary>The file system that a space belongs to; 0: it is a volume's.</summary>
    public static int FileSystemOf(ulong space) =>
        (space & FileSystemBit) == 0 ? 0 : (int)(space >> FileSystemShift) & MaximumFileSystem;

    /// <summary>The space that stands for all that belong together when room is counted: of a file system that of its metadata.</summary>
    public static ulong ChargedTo(ulong space) =>
        FileSystemOf(space) is > 0 and var fileSystem ? OfMetadata(PoolOf(space), fileSystem) : space;

    /// <summary>The placement group of an object, of as many as there are.</summary>
    public static int GroupOf(ObjectId id, int groups) =>
        (id.Space & FileSystemBit) == 0 ? PlacementHash.GroupOf(id.Space >> FamilyShift, id.Index, groups)
        : (id.Space & MetadataBit) == 0 ? PlacementHash.GroupOf(id.Space, id.Index, groups)
        : PlacementHash.GroupOf(id.Space, 0, groups);

    private static ulong OfFileSystem(int pool, int fileSystem)
    {
        Invariant.Check(pool is > 0 and <= MaximumPool && fileSystem is > 0 and <= MaximumFileSystem);
        return ((ulong)pool << PoolShift) | FileSystemBit | ((ulong)fileSystem << FileSystemShift);
    }
}
