using System.Net;

namespace Uss.Runtime.Simulated;

/// <summary>A machine on the simulated network.</summary>
public sealed class SimulatedHost
{
    internal SimulatedHost(string name, int number)
    {
        Name = name;
        Address = new IPAddress([10, 0, (byte)(number >> 8), (byte)number]);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its address on the network; 127.0.0.1 is itself on every machine.</summary>
    public IPAddress Address { get; }

    /// <summary>How far its clock is ahead of the world's, in nanoseconds; set before its first process starts.</summary>
    public long ClockOffsetNs { get; set; }

    /// <summary>False after a power cut, until a process is started on it.</summary>
    public bool IsPowered { get; internal set; } = true;
}
