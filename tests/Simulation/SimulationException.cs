namespace Uss.Simulation;

/// <summary>A promise that a scenario found broken.</summary>
public sealed class SimulationException : Exception
{
    /// <summary>Creates the failure.</summary>
    public SimulationException()
    {
    }

    /// <summary>Creates the failure with what was broken.</summary>
    public SimulationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the failure with what was broken and the cause.</summary>
    public SimulationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
