namespace Uss.Runtime.Simulated;

/// <summary>One direction between two hosts. A scenario changes it as it goes.</summary>
public sealed class SimulatedLink
{
    /// <summary>Shortest time of a segment under way, in nanoseconds.</summary>
    public long ShortestDelayNs { get; set; } = 20_000;

    /// <summary>Longest usual time of a segment under way, in nanoseconds.</summary>
    public long LongestDelayNs { get; set; } = 200_000;

    /// <summary>Chance that a segment must be sent again.</summary>
    public double TailProbability { get; set; } = 0.005;

    /// <summary>Longest extra time of a segment that is sent again, in nanoseconds.</summary>
    public long TailNs { get; set; } = 200_000_000;

    /// <summary>Bandwidth; 0 means without limit.</summary>
    public long BytesPerSecond { get; set; }

    /// <summary>Chance that a datagram is lost.</summary>
    public double LossProbability { get; set; } = 0.005;

    /// <summary>Chance that a datagram arrives twice.</summary>
    public double DuplicateProbability { get; set; } = 0.002;

    /// <summary>Nothing gets through. What TCP carries is sent again until it does or the connection times out.</summary>
    public bool IsBlocked { get; set; }

    /// <summary>Chance that a delivered segment is followed by a reset of its connection.</summary>
    public double ResetProbability { get; set; }
}
