using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Nfs;

/// <summary>The length of a file.</summary>
internal readonly record struct LengthState(long Length) : IModelState
{
    /// <inheritdoc/>
    public ulong Fold() => (ulong)Length;
}

/// <summary>What a call did to the length of a file, and what it told of it.</summary>
internal sealed record LengthOperation : IModelOperation<LengthState>
{
    public required long Start { get; init; }

    public long End { get; set; } = long.MaxValue;

    public bool IsOptional { get; set; }

    /// <summary>Who asked, for messages.</summary>
    public required string Client { get; init; }

    /// <summary>The file is at least so long afterwards: a write ends there.</summary>
    public long AtLeast { get; init; }

    /// <summary>The file is so long afterwards.</summary>
    public long? Exactly { get; init; }

    /// <summary>The length that was told to be the one before.</summary>
    public long? Before { get; set; }

    /// <summary>The length that was told to be the one afterwards.</summary>
    public long? After { get; set; }

    /// <inheritdoc/>
    public bool TryStep(LengthState state, out LengthState next)
    {
        next = new LengthState(Exactly ?? Math.Max(state.Length, AtLeast));
        return (Before ?? state.Length) == state.Length && (After ?? next.Length) == next.Length;
    }
}
