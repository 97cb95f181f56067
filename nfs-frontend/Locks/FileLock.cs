namespace Uss.NfsFrontend.Locks;

/// <summary>What is held of a file.</summary>
public enum LockMode : byte
{
    /// <summary>A range of bytes, together with others who hold it so.</summary>
    Shared = 0,

    /// <summary>A range of bytes, alone.</summary>
    Exclusive = 1,

    /// <summary>A share of the whole file (XNFS, NLM_SHARE), as DOS has them.</summary>
    Share = 2,
}

/// <summary>Who holds a lock: a host, and whom it names there. All three together are one owner.</summary>
/// <param name="Host">The host's number in this file system (<see cref="HostRecords"/>).</param>
/// <param name="Svid">A number that the host made up, for example of a process.</param>
/// <param name="Handle">Bytes that the host made up.</param>
public readonly record struct LockOwner(uint Host, uint Svid, ReadOnlyMemory<byte> Handle)
{
    /// <inheritdoc/>
    public bool Equals(LockOwner other) => Host == other.Host && Svid == other.Svid && Handle.Span.SequenceEqual(other.Handle.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Svid, Handle.Length);
}

/// <summary>One lock of a file. It does not change: other locks take its place.</summary>
/// <param name="Owner">Who holds it.</param>
/// <param name="Mode">What kind it is.</param>
/// <param name="Range">The bytes; for a share see <see cref="LockShare"/>.</param>
/// <param name="State">The state that its host had when it took it (NSM): another one after its restart.</param>
public sealed record FileLock(LockOwner Owner, LockMode Mode, LockRange Range, uint State)
{
    /// <summary>Whether it is about bytes.</summary>
    public bool IsRange => Mode != LockMode.Share;

    /// <summary>The record that it stands in; -1 when in none yet.</summary>
    internal int Record { get; init; } = -1;
}

/// <summary>A share (XNFS, nlm4_share): what its owner does with the file, and what it lets others not do. In a lock it takes the range's place.</summary>
/// <param name="Access">Bit 0: reads. Bit 1: writes.</param>
/// <param name="Deny">The same of others.</param>
public readonly record struct LockShare(uint Access, uint Deny)
{
    /// <summary>All bits.</summary>
    public const uint Mask = 3;

    /// <summary>Whether the two cannot be at once.</summary>
    public bool Conflicts(LockShare other) => (Access & other.Deny) != 0 || (Deny & other.Access) != 0;

    internal static LockShare Of(LockRange range) => new((uint)range.Start, (uint)range.Last);

    internal LockRange AsRange() => new(Access, Deny);
}
