namespace Uss.Target.Scsi;

/// <summary>What a SCSI device asks of its transport, which keeps the tasks.</summary>
public interface ITaskSets
{
    /// <summary>
    /// Aborts the tasks of a nexus in one logical unit, as the device does for PREEMPT AND ABORT (SPC-5, 5.14.11.5). They
    /// end without an answer; those that run with the device are marked (<see cref="ScsiCommand.IsAborted"/>), and the
    /// device waits for them itself.
    /// </summary>
    /// <param name="victim">Whose tasks.</param>
    /// <param name="nexus">Who asks for it.</param>
    /// <param name="lun">The logical unit, as the one who asks knows it.</param>
    /// <param name="except">The command that asks for it, which goes on; null when that is at another front-end.</param>
    /// <returns>True when there was a task to abort.</returns>
    bool AbortTasks(ScsiNexus victim, ScsiNexus nexus, ulong lun, ScsiCommand? except);
}
