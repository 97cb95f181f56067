namespace Uss.NfsFrontend.Locks;

/// <summary>What is asked of all owners.</summary>
public static class LockOwnersExtensions
{
    /// <summary>Has the locks of a host dropped in all file systems.</summary>
    /// <returns>False when an owner could not be asked; what was dropped is.</returns>
    public static async ValueTask<bool> FreeHostAsync(this ILockOwners owners, LockCall call)
    {
        var isDone = true;
        foreach (var fileSystem in owners.FileSystems)
        {
            var reply = await owners.CallAsync(call with { FileSystem = fileSystem });
            isDone &= reply.Status == LockStatus.Granted;
        }

        return isDone;
    }
}
