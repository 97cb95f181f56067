using Uss.Runtime;

namespace Uss.Replication;

/// <summary>
/// How the 64 bits of a space identity are used. A space names its pool and its family, so that whoever sees an object
/// knows its placement group without asking anybody.
/// </summary>
/// <remarks>
/// <code>
///  63      56 55                              24 23                     0
/// +----------+----------------------------------+-----------------------+
/// | pool 8   | family 32                        | member 24             |
/// +----------+----------------------------------+-----------------------+
/// </code>
/// A family is a volume with all its clones: 4 billion families ever, 16 million members in each. Numbers are never
/// given again.
/// </remarks>
public static class SpaceId
{
    /// <summary>Largest pool number.</summary>
    public const int MaximumPool = 255;

    /// <summary>Largest member number.</summary>
    public const int MaximumMember = (1 << 24) - 1;

    /// <summary>Puts a space identity together.</summary>
    /// <param name="pool">1 to <see cref="MaximumPool"/>.</param>
    /// <param name="family">The family.</param>
    /// <param name="member">0 to <see cref="MaximumMember"/>.</param>
    public static ulong Compose(int pool, uint family, int member)
    {
        Invariant.Check(pool is > 0 and <= MaximumPool && member is >= 0 and <= MaximumMember);
        return ((ulong)pool << 56) | ((ulong)family << 24) | (uint)member;
    }

    /// <summary>The pool of a space.</summary>
    public static int PoolOf(ulong space) => (int)(space >> 56);

    /// <summary>Pool and family of a space: what objects are hashed to placement groups by.</summary>
    public static ulong FamilyOf(ulong space) => space >> 24;
}
