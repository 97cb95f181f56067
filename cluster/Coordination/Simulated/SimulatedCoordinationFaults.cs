namespace Uss.Coordination.Simulated;

/// <summary>How badly a <see cref="SimulatedCoordinationStore"/> behaves.</summary>
public sealed class SimulatedCoordinationFaults
{
    /// <summary>Longest delay of a request on its way to the store, and of the answer on its way back, in nanoseconds.</summary>
    public long MaximumDelayNs { get; set; }

    /// <summary>Longest time that the store itself takes for a commit, in nanoseconds: a slow disk, an election of its own.</summary>
    public long MaximumCommitNs { get; set; }

    /// <summary>
    /// True: the store answers nothing; reads say unavailable, commits say unknown and are not applied, watches wait.
    /// </summary>
    public bool IsDown { get; set; }

    /// <summary>True: as <see cref="IsDown"/>, but watches go on.</summary>
    public bool IsMute { get; set; }

    /// <summary>Probability that the answer of a commit is lost: it says unknown, applied or not.</summary>
    public double LostAnswers { get; set; }

    /// <summary>Probability that a watch finds its history gone before a batch, so that it has to list its prefix again.</summary>
    public double WatchGaps { get; set; }

    /// <summary>Longest time that a lease lives beyond its period, in nanoseconds: etcd rounds up, and renews all when its leader changes.</summary>
    public long MaximumLeaseExtensionNs { get; set; }

    /// <summary>Probability that the store ends a lease before its time when it is asked to keep it.</summary>
    public double LostLeases { get; set; }
}
