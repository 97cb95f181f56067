namespace Uss.NfsFrontend.Locks;

/// <summary>Brings calls about locks to the owners of file systems, wherever they are.</summary>
public interface ILockOwners
{
    /// <summary>All file systems: a client that restarts may hold locks of any.</summary>
    IReadOnlyList<uint> FileSystems { get; }

    /// <summary>
    /// Has the owner of <see cref="LockCall.FileSystem"/> carry out a call; <see cref="LockStatus.NotNow"/> when there is none now, or it
    /// does not answer. A call may be carried out twice.
    /// </summary>
    ValueTask<LockReply> CallAsync(LockCall call);
}
