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

    /// <summary>Applies all changes at one new revision if every condition holds; durable when it completes.</summary>
    ValueTask<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes);

    /// <summary>
    /// Reports every change of a key that starts with <paramref name="prefix"/> made after <paramref name="afterRevision"/>,
    /// in order and exactly once, until disposed.
    /// </summary>
    IWatch Watch(string prefix, long afterRevision);

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
/// <param name="Revision">The new revision when applied.</param>
public readonly record struct CoordinationCommit(CommitStatus Status, long Revision);

/// <summary>Whether a commit was applied.</summary>
public enum CommitStatus
{
    /// <summary>All changes are applied and durable.</summary>
    Applied,

    /// <summary>A condition did not hold; nothing changed.</summary>
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
public readonly record struct Change(string Key, ReadOnlyMemory<byte>? Value);

/// <summary>A running watch.</summary>
public interface IWatch : IDisposable
{
    /// <summary>The next batch of changes; at least one.</summary>
    ValueTask<WatchBatch> NextAsync();
}

/// <summary>Changes in revision order; a deleted key has a null value.</summary>
/// <param name="Revision">Revision of the last change in the batch.</param>
/// <param name="Changes">The changes.</param>
public sealed record WatchBatch(long Revision, IReadOnlyList<Change> Changes);
