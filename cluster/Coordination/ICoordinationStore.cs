namespace Uss.Coordination;

/// <summary>
/// Cluster state: a small, revisioned, ordered map from keys to values, shaped after etcd v3 so that the embedded store
/// of one machine, etcd and the simulated store are interchangeable. Completions arrive on the reactor that called.
/// </summary>
/// <remarks>Keys are slash-separated paths, for example <c>volumes/demo</c>. Values are UTF-8 JSON documents.</remarks>
public interface ICoordinationStore
{
    /// <summary>Reads one key; <see cref="CoordinationRead.Entries"/> is empty when it is absent.</summary>
    ValueTask<CoordinationRead> GetAsync(string key);

    /// <summary>Reads all keys that start with <paramref name="prefix"/>, in key order, at one revision.</summary>
    ValueTask<CoordinationRead> ListAsync(string prefix);

    /// <summary>
    /// Applies all changes at one new revision if every condition holds; durable when it completes. A commit that changes
    /// nothing (it deletes only what is absent) keeps the revision. No key comes twice among the changes, and there are at
    /// most <see cref="CommitLimits.MaximumOperations"/> conditions and as many changes: etcd takes no more.
    /// </summary>
    ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes);

    /// <summary>
    /// Reports every change of a key that starts with <paramref name="prefix"/> made after <paramref name="afterRevision"/>,
    /// in order and exactly once, until disposed. Deleting an absent key is no change.
    /// </summary>
    /// <remarks>
    /// A store keeps its history only so long. A watch that was away for longer lists the prefix again and reports how it
    /// differs from what it had reported: the newest value of each key that changed, and the keys that are gone.
    /// </remarks>
    IWatch Watch(string prefix, long afterRevision);

    /// <summary>
    /// Grants a lease: keys that a commit puts under it (<see cref="Change.Lease"/>) are deleted when it ends, because
    /// nobody kept it in time or because it was revoked.
    /// </summary>
    /// <param name="ttlMs">
    /// How long it lives after it was granted or kept, in milliseconds. A store may let it live longer (etcd counts whole
    /// seconds and at least about two), never shorter: the holder counts from before it asked, on its own clock.
    /// </param>
    /// <returns>The lease, never 0; null when the store could not be reached.</returns>
    ValueTask<long?> GrantLeaseAsync(long ttlMs);

    /// <summary>Lets a lease live for another period from now.</summary>
    ValueTask<LeaseStatus> KeepLeaseAsync(long lease);

    /// <summary>Ends a lease and deletes its keys.</summary>
    /// <returns><see cref="LeaseStatus.Ended"/>, also when it had ended before, or <see cref="LeaseStatus.Unknown"/>.</returns>
    ValueTask<LeaseStatus> RevokeLeaseAsync(long lease);

    /// <summary>Closes the store.</summary>
    ValueTask CloseAsync();
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="ModifiedRevision">Revision of its last change; what a <see cref="Condition"/> compares.</param>
public sealed record Entry(string Key, ReadOnlyMemory<byte> Value, long ModifiedRevision);

/// <summary>Outcome of a read.</summary>
/// <param name="IsAvailable">False when the store could not be reached; then nothing else is meaningful.</param>
/// <param name="Revision">Revision of the whole store that the read shows.</param>
/// <param name="Entries">What was found.</param>
public sealed record CoordinationRead(bool IsAvailable, long Revision, IReadOnlyList<Entry> Entries);

/// <summary>Outcome of a commit.</summary>
/// <param name="Status">Whether it was applied.</param>
/// <param name="Revision">The new revision when applied; the present one when applied and nothing changed.</param>
public readonly record struct CoordinationCommit(CommitStatus Status, long Revision);

/// <summary>Whether a commit was applied.</summary>
public enum CommitStatus
{
    /// <summary>All changes are applied and durable.</summary>
    Applied,

    /// <summary>A condition did not hold, or a lease of a change has ended; nothing changed.</summary>
    Conflict,

    /// <summary>The store did not answer: the commit may or may not have been applied.</summary>
    Unknown,
}

/// <summary>Requires that a key was last modified at a revision.</summary>
/// <param name="Key">The key.</param>
/// <param name="ModifiedRevision">The revision; 0 requires that the key is absent.</param>
public readonly record struct Condition(string Key, long ModifiedRevision);

/// <summary>Puts a value or, with null, deletes the key.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The new value; null deletes.</param>
/// <param name="Lease">
/// Lease that the key lives under from now on, 0: none. A watch does not tell it and always reports 0.
/// </param>
public readonly record struct Change(string Key, ReadOnlyMemory<byte>? Value, long Lease = 0);

/// <summary>Whether a lease lives.</summary>
public enum LeaseStatus
{
    /// <summary>It lives, for a full period from when the store was asked.</summary>
    Alive,

    /// <summary>It has ended, and its keys are deleted.</summary>
    Ended,

    /// <summary>The store did not answer.</summary>
    Unknown,
}

/// <summary>A running watch.</summary>
public interface IWatch : IDisposable
{
    /// <summary>
    /// The next batch of changes; at least one, unless the watch had to list its prefix again. Never completes once
    /// disposed.
    /// </summary>
    ValueTask<WatchBatch> NextAsync();
}

/// <summary>Changes in revision order; a deleted key has a null value.</summary>
/// <param name="Revision">All changes up to this revision are reported with this batch.</param>
/// <param name="Changes">The changes.</param>
/// <param name="IsWhole">
/// True: the history after the watch's first revision was gone before the watch began, so that nobody can tell which keys
/// have been deleted since. The changes put every key of the prefix; whatever else the reader has is gone.
/// </param>
public sealed record WatchBatch(long Revision, IReadOnlyList<Change> Changes, bool IsWhole = false);
