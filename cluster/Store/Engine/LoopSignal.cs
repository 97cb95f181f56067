namespace Uss.Store;

/// <summary>Wakes one loop: a signal that comes while it is busy is kept, several count as one.</summary>
internal sealed class LoopSignal
{
    private readonly WaitList _waiters = new();
    private bool _isSet;

    /// <summary>Wakes the loop, inline when it waits.</summary>
    public void Set()
    {
        _isSet = true;
        _waiters.WakeAll();
    }

    /// <summary>Completes once the signal is set, and takes it.</summary>
    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(Uss.Runtime.ReactorTaskBuilder))]
    public async ValueTask WaitAsync()
    {
        while (!_isSet)
            await _waiters.WaitAsync();
        _isSet = false;
    }
}
