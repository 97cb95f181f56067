namespace Uss.Target.Iscsi;

/// <summary>
/// Something that a connection has to send: an answer of its own or a task with data, a status or R2Ts. Items form
/// intrusive lists, so queueing costs no memory.
/// </summary>
internal abstract class OutputItem
{
    /// <summary>The next item of the list that this one is in.</summary>
    public OutputItem? Next { get; set; }

    /// <summary>True while the item waits for its turn or is being written in pieces.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Writes PDUs while the batch has room.</summary>
    public abstract WriteOutcome Write(IscsiConnection connection, OutputBatch batch);

    /// <summary>Everything that the item wrote has been sent, or never will be.</summary>
    public abstract void Release(IscsiConnection connection);
}

/// <summary>How far an <see cref="OutputItem"/> came.</summary>
internal enum WriteOutcome
{
    /// <summary>The batch is full; the item goes on in the next one.</summary>
    BatchIsFull,

    /// <summary>Nothing to write for now; the item leaves the queue and may enter it again.</summary>
    Paused,

    /// <summary>All is written; the item is released once the batch was sent.</summary>
    Finished,
}
