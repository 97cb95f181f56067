namespace Uss.Runtime.Simulated;

/// <summary>Work that was started on a reactor from outside; see <see cref="SimulatedWorld.Start{T}"/>.</summary>
/// <typeparam name="T">The result's type.</typeparam>
public sealed class SimulatedRun<T>
{
    internal SimulatedRun()
    {
    }

    /// <summary>True once the work has ended. Stays false when its reactor crashed first.</summary>
    public bool IsDone { get; private set; }

    /// <summary>What it came to, once done.</summary>
    public T? Result { get; private set; }

    internal async ValueTask RunAsync(Func<ValueTask<T>> work)
    {
        Result = await work();
        IsDone = true;
    }
}
