namespace Uss.NfsFrontend.Locks;

/// <summary>
/// A call about locks, as the front-end that it came to hands it to the owner of the file system. Plain data: <see cref="Write"/> and
/// <see cref="TryParse"/> make bytes of it and back.
/// </summary>
public sealed partial record LockCall
{
    /// <summary>Most bytes of a cookie, a handle, or an owner's handle (XNFS: MAXNETOBJ_SZ).</summary>
    public const int MaximumObject = FileLocks.MaximumHandle;

    /// <summary>Most bytes of <see cref="FrontEnd"/>.</summary>
    public const int MaximumFrontEnd = 255;

    /// <summary>What is asked for.</summary>
    public required LockCallKind Kind { get; init; }

    /// <summary>The client.</summary>
    public required LockHost Host { get; init; }

    /// <summary>The file; 0 when the call is about none.</summary>
    public ulong Inode { get; init; }

    /// <summary>The file's generation.</summary>
    public uint Generation { get; init; }

    /// <summary>Whom the client locks for: a number.</summary>
    public uint Svid { get; init; }

    /// <summary>Whom the client locks for: bytes.</summary>
    public ReadOnlyMemory<byte> OwnerHandle { get; init; }

    /// <summary>The bytes to be locked.</summary>
    public LockRange Range { get; init; }

    /// <summary>Whether alone.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>Whether the client waits when it is in vain now.</summary>
    public bool IsBlocking { get; init; }

    /// <summary>The state of the client: another one after its restart. Of <see cref="LockCallKind.FreeHost"/> the new one.</summary>
    public uint State { get; init; }

    /// <summary>Whether <see cref="LockCallKind.FreeHost"/> spares what the client took in <see cref="State"/>.</summary>
    public bool KeepsState { get; init; }

    /// <summary>What is shared.</summary>
    public LockShare Share { get; init; }

    /// <summary>The file's handle as the client has it: it compares the one that it is called with by its bytes.</summary>
    public ReadOnlyMemory<byte> FileHandle { get; init; }

    /// <summary>The file system; which owner the call goes to.</summary>
    public uint FileSystem { get; init; }

    /// <summary>The front-end that the call came to, by a name that means something to whoever forwards calls: it calls the client back.</summary>
    public ReadOnlyMemory<byte> FrontEnd { get; init; }

    /// <summary>Whether two calls mean one lock: the same of the same.</summary>
    public bool IsSameLock(LockCall other) =>
        Inode == other.Inode && Range == other.Range && IsExclusive == other.IsExclusive && IsSameOwner(other);

    /// <summary>Whether two calls are of one owner.</summary>
    public bool IsSameOwner(LockCall other) =>
        Svid == other.Svid && Host == other.Host && OwnerHandle.Span.SequenceEqual(other.OwnerHandle.Span);

    internal LockOwner OwnerAs(uint host) => new(host, Svid, OwnerHandle);
}
