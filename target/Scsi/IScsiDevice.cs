namespace Uss.Target.Scsi;

/// <summary>The SCSI target device (SAM-5, 4.6) that the transport delivers commands and task management to.</summary>
public interface IScsiDevice
{
    /// <summary>The tasks that the transport keeps; set by the transport before the first command.</summary>
    ITaskSets? TaskSets
    {
        get => null;
        set { }
    }

    /// <summary>
    /// Bytes of data-out that the command will use, from its CDB and the addressed logical unit's block size; 0 for
    /// commands that take none or are unknown. The transport solicits no more than this.
    /// </summary>
    long DataOutLength(ScsiCommand command);

    /// <summary>Executes the command and fills in its response. Never throws for anything that an initiator can send.</summary>
    ValueTask ExecuteAsync(ScsiCommand command);

    /// <summary>A new I_T nexus logged in; queues the power-on unit attention for it.</summary>
    ScsiNexus AttachNexus(string initiatorPort, string initiatorIqn, string targetPort, int relativeTargetPort);

    /// <summary>The nexus is gone: its unit attentions and non-persistent reservations go with it.</summary>
    void DetachNexus(ScsiNexus nexus);

    /// <summary>LOGICAL UNIT RESET: the transport has ended the LUN's tasks; queues unit attentions for all nexuses.</summary>
    /// <returns>False when the nexus sees no such LUN.</returns>
    bool ResetLogicalUnit(ScsiNexus nexus, ulong lun);

    /// <summary>Target reset: as <see cref="ResetLogicalUnit"/> for every LUN.</summary>
    void ResetTarget(ScsiNexus nexus);

    /// <summary>Tells other nexuses that their tasks were cleared by this one (CLEAR TASK SET; SAM-5, 7.5).</summary>
    bool ClearTaskSet(ScsiNexus nexus, ulong lun, IReadOnlyCollection<ScsiNexus> affected);

    /// <summary>
    /// True when both nexuses mean the same logical unit by their LUNs (which may differ): task management of one
    /// reaches the tasks of the other.
    /// </summary>
    bool IsSameLogicalUnit(ScsiNexus nexus, ulong lun, ScsiNexus otherNexus, ulong otherLun) => lun == otherLun;

    /// <summary>True when the nexus sees a logical unit under this LUN.</summary>
    bool HasLogicalUnit(ScsiNexus nexus, ulong lun);
}
