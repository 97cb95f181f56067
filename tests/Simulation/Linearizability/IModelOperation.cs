namespace Uss.Simulation.Linearizability;

/// <summary>An operation of a client on something with a sequential model: at one instant between start and end, or never when it is optional.</summary>
/// <typeparam name="TState">State of the model; not changed by operations, which make another one.</typeparam>
public interface IModelOperation<TState>
    where TState : IModelState
{
    /// <summary>When the client asked.</summary>
    long Start { get; }

    /// <summary>When it had its answer.</summary>
    long End { get; }

    /// <summary>It may not have happened at all.</summary>
    bool IsOptional { get; }

    /// <summary>Does it; false when the model says that it cannot have ended as it did.</summary>
    bool TryStep(TState state, out TState next);
}

/// <summary>A state of a sequential model.</summary>
public interface IModelState
{
    /// <summary>A hash of 64 bits: equal states have equal ones.</summary>
    ulong Fold();
}
