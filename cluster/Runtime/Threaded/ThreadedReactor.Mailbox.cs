using System.Collections.Concurrent;

namespace Uss.Runtime.Threaded;

public abstract partial class ThreadedReactor
{
    // While stopping, the loop looks this often whether the last operation has ended.
    private const long StopPollNs = 1_000_000;

    // Lock-free; its segments are reused, so that steady traffic allocates nothing.
    private readonly ConcurrentQueue<Mail> _mailbox = new();

    // Posted by the reactor itself.
    private readonly Queue<Mail> _ready = new();

    private readonly Queue<Mail> _endOfTurn = new();

    // 1 while the loop waits in the kernel (or is about to) and nobody has woken it yet.
    private int _isAsleep;

    private enum State
    {
        Created,
        Running,
        Stopping,
    }

    /// <inheritdoc/>
    public override void Post(Action<object?> callback, object? state)
    {
        if (IsCurrent)
        {
            _ready.Enqueue(new Mail(callback, state));
            return;
        }

        _mailbox.Enqueue(new Mail(callback, state));

        // The enqueue must be visible before the look at the flag, as the loop sets the flag before its last look at the
        // mailbox: one of the two sees the other. Of many posters, the first pays for the wake-up.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _isAsleep) == 1 && Interlocked.Exchange(ref _isAsleep, 0) == 1)
            WakeUp();
    }

    /// <inheritdoc/>
    public override void AtEndOfTurn(Action<object?> callback, object? state)
    {
        Invariant.Check(IsCurrent);
        _endOfTurn.Enqueue(new Mail(callback, state));
    }

    private bool TryFallAsleep()
    {
        Volatile.Write(ref _isAsleep, 1);
        Interlocked.MemoryBarrier();
        if (_mailbox.IsEmpty)
            return true;
        StayAwake();
        return false;
    }

    private void StayAwake() => Volatile.Write(ref _isAsleep, 0);

    private void RunReady() => RunPresent(_ready);

    private void RunEndOfTurn() => RunPresent(_endOfTurn);

    // Only what was there at the start: what these callbacks enqueue runs in the next turn, after waiting I/O.
    private void RunPresent(Queue<Mail> queue)
    {
        for (var count = queue.Count; count > 0; count--)
        {
            var mail = queue.Dequeue();
            Run(mail.Callback, mail.State);
        }
    }

    private void RunMail()
    {
        if (_mailbox.IsEmpty)
            return;
        for (var count = _mailbox.Count; count > 0 && _mailbox.TryDequeue(out var mail); count--)
            Run(mail.Callback, mail.State);
    }
}
