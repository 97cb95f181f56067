namespace Uss.NfsFrontend.Metadata;

/// <summary>The records of one file system: an ordered map that changes by transactions.</summary>
public interface IRecordStore
{
    /// <summary>
    /// Runs an operation; all run as if one after the other. Completes once what it has changed is durable, and what it has seen is, too:
    /// so that nobody is ever told what a crash undoes. Several operations share one write to the log.
    /// </summary>
    ValueTask<RecordStatus> RunAsync(RecordOperation operation);
}

/// <summary>One operation on records. Its object may be used again when it has ended.</summary>
public abstract class RecordOperation
{
    /// <summary>Reads, decides and changes, without awaiting anything. It may be run more than once (<see cref="RecordTransaction"/>).</summary>
    public abstract void Run(RecordTransaction records);
}

/// <summary>How an operation on records ended.</summary>
public enum RecordStatus
{
    /// <summary>What it saw and changed is durable.</summary>
    Ok,

    /// <summary>This node does not own the file system any more, or cannot reach it: the changes may have been made or not.</summary>
    Lost,

    /// <summary>No room is left for the log or for pages: nothing was changed.</summary>
    NoSpace,

    /// <summary>A page cannot be read: nothing was changed.</summary>
    Damaged,
}
