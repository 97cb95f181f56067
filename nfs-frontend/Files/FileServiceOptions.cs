using Uss.Volumes;

namespace Uss.NfsFrontend.Files;

/// <summary>How the owner of a file system serves it.</summary>
public sealed record FileServiceOptions
{
    /// <summary>How long a file without a name stays, for those who have it open: NFS has no open and no close. In nanoseconds.</summary>
    public long OrphanNs { get; init; } = 60_000_000_000;

    /// <summary>As above while less than a twentieth of the pool is free.</summary>
    public long OrphanWhenFullNs { get; init; } = 2_000_000_000;

    /// <summary>How often files without a name are looked for, in nanoseconds.</summary>
    public long LookNs { get; init; } = 2_000_000_000;

    /// <summary>
    /// How long after its begin a write may still take effect, in nanoseconds: longer than a front-end tries, so that one that does not tell
    /// its end is over. For so long after the begin of a term nobody knows which writes the owner before has let begin.
    /// </summary>
    public long WriteNs { get; init; } = 4_000_000_000;

    /// <summary>The uppermost directory of a file system that is used for the first time.</summary>
    public RootDirectory Root { get; init; } = RootDirectory.Default;
}
