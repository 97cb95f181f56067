namespace Uss.Target.Scsi;

/// <summary>
/// Ends all tasks of a nexus at a LUN, for a nexus that preempted it; completes once none of them can reach the medium
/// any more.
/// </summary>
public delegate ValueTask TaskAborter(ScsiNexus nexus, ulong lun);
