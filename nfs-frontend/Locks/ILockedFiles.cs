using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>What locks need to know of files.</summary>
public interface ILockedFiles
{
    /// <summary>Whether there is such a file, as a part of the operation that locks it.</summary>
    bool Exists(RecordTransaction records, ulong inode, uint generation);
}

/// <summary>Who tells clients that they have the lock which they wait for: the front-ends that their calls came to.</summary>
public interface ILockGrants
{
    /// <summary>Tells a client once, by the front-end that <see cref="LockCall.FrontEnd"/> names.</summary>
    /// <param name="call">The call that was answered with <see cref="LockStatus.Blocked"/>.</param>
    ValueTask<GrantOutcome> GrantAsync(LockCall call);
}

/// <summary>What a client says to a lock that it has now.</summary>
public enum GrantOutcome
{
    /// <summary>It takes it.</summary>
    Accepted,

    /// <summary>It does not wait for it any more.</summary>
    Refused,

    /// <summary>Nothing was sent to it: it cannot know.</summary>
    Unreachable,

    /// <summary>It was told and did not answer: it may have taken the lock.</summary>
    Unknown,
}
