namespace Uss.NfsFrontend.Nsm;

/// <summary>The procedures of the network status monitor, version 1 (XNFS, 11).</summary>
public enum NsmProcedure : uint
{
    /// <summary>SM_NULL: whether somebody is there.</summary>
    Null = 0,

    /// <summary>SM_STAT: whether a host can be monitored.</summary>
    Stat = 1,

    /// <summary>SM_MON: to monitor a host.</summary>
    Monitor = 2,

    /// <summary>SM_UNMON: not to do so any more.</summary>
    Unmonitor = 3,

    /// <summary>SM_UNMON_ALL: no host.</summary>
    UnmonitorAll = 4,

    /// <summary>SM_SIMU_CRASH: to tell all hosts that this one has restarted.</summary>
    SimulateCrash = 5,

    /// <summary>SM_NOTIFY: that a host has restarted.</summary>
    Notify = 6,
}
