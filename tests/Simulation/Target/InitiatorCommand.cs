using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Target;

/// <summary>A command that a simulated initiator waits for.</summary>
internal sealed class InitiatorCommand
{
    private readonly SimulatedWait<BlockOutcome> _wait = new();

    public required uint Tag { get; init; }

    public required uint CommandSequence { get; init; }

    public required byte[] DataOut { get; init; }

    public required Memory<byte> DataIn { get; init; }

    /// <summary>Bytes of data-in that came.</summary>
    public int Received { get; set; }

    public bool IsEnded { get; private set; }

    public ValueTask<BlockOutcome> Task => _wait.Task;

    public void End(BlockOutcome outcome)
    {
        if (IsEnded)
            return;
        IsEnded = true;
        _wait.Complete(outcome);
    }
}
