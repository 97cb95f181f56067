namespace Uss.Coordination.Simulated;

/// <summary>How badly a <see cref="SimulatedCoordinationStore"/> behaves.</summary>
public sealed class SimulatedCoordinationFaults
{
    /// <summary>Longest delay of a request on its way to the store, and of the answer on its way back, in nanoseconds.</summary>
    public long MaximumDelayNs { get; set; }

    /// <summary>True: the store answers nothing; reads say unavailable, commits say unknown and are not applied.</summary>
    public bool IsDown { get; set; }

    /// <summary>Probability that the answer of a commit is lost: it says unknown, applied or not.</summary>
    public double LostAnswers { get; set; }
}
