using System.Globalization;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Keeps a second process away from a data folder, and tells which process is the first.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly DataFolder _folder;
    private readonly FileStream _lock;

    private DataLock(DataFolder folder, FileStream held)
    {
        _folder = folder;
        _lock = held;
    }

    /// <summary>Takes the lock, which the kernel releases when the process ends in whatever way.</summary>
    public static Result<DataLock> Take(DataFolder folder)
    {
        try
        {
            // FileShare.None is an exclusive flock(2).
            var held = new FileStream(folder.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return new DataLock(folder, held);
        }
        catch (IOException) when (File.Exists(folder.LockFile))
        {
            var holder = ReadPid(folder) is { } pid ? $"process {pid}" : "another process";
            return new Fault(
                "data-locked",
                $"The data folder {folder.Path} is in use: {holder} serves from it.",
                "Stop that service (Ctrl-C or `kill PID`), or give another folder with --data DIR.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "data-not-writable",
                $"The lock file {folder.LockFile} cannot be opened: {exception.Message}",
                "Make the data folder writable, or give another one with --data DIR.");
        }
    }

    /// <summary>Writes the pid file.</summary>
    public void WritePid() => File.WriteAllText(_folder.PidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");

    /// <inheritdoc/>
    public void Dispose()
    {
        File.Delete(_folder.PidFile);
        _lock.Dispose();
    }

    private static int? ReadPid(DataFolder folder)
    {
        try
        {
            return int.TryParse(File.ReadAllText(folder.PidFile), CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
