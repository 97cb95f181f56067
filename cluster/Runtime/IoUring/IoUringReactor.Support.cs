using System.Runtime.InteropServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

public sealed unsafe partial class IoUringReactor
{
    private const int Interrupted = 4;
    private const int TimerExpired = 62;

    private readonly WakeOperation _wake;
    private readonly Stack<CancelOperation> _cancels = new();
    private bool _isWakeCancelled;

    private protected override void WakeUp() => _wake.Signal();

    private CancelOperation RentCancel(ulong target)
    {
        if (!_cancels.TryPop(out var cancel))
            cancel = new CancelOperation(this, _cancels);
        cancel.Target = target;
        return cancel;
    }

    /// <summary>A read of an eventfd that other threads write to.</summary>
    private sealed class WakeOperation : Operation
    {
        private readonly Lock _lock = new();
        private readonly ulong* _count = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        private readonly int _event;
        private bool _isDisposed;

        internal WakeOperation(IoUringReactor reactor)
            : base(reactor)
        {
            _event = Libc.CreateEvent(0, Libc.EventCloseOnExec);
            Invariant.Check(_event >= 0);
        }

        internal void Free()
        {
            // The lock keeps a late poster from writing to a descriptor that by then is someone else's.
            lock (_lock)
            {
                if (_isDisposed)
                    return;
                _isDisposed = true;
                _ = Libc.Close(_event);
                NativeMemory.Free(_count);
            }
        }

        internal void Signal()
        {
            ulong one = 1;
            lock (_lock)
            {
                if (!_isDisposed)
                    _ = Libc.Write(_event, &one, sizeof(ulong));
            }
        }

        internal override void Prepare(SubmissionEntry* entry)
        {
            entry->Opcode = RingOpcode.Read;
            entry->Descriptor = _event;
            entry->Address = (ulong)_count;
            entry->Length = sizeof(ulong);
        }

        protected override void OnCompleted(int result, uint flags)
        {
            // A wake-up may cross its cancellation; the last one is not waited for again either.
            if (!Reactor._isWakeCancelled)
                Reactor.Submit(this);
        }
    }

    private sealed class CancelOperation(IoUringReactor reactor, Stack<CancelOperation> pool) : Operation(reactor)
    {
        internal ulong Target { get; set; }

        internal override void Prepare(SubmissionEntry* entry)
        {
            entry->Opcode = RingOpcode.AsyncCancel;
            entry->Descriptor = -1;
            entry->Address = Target;
        }

        // Whether it was found does not matter: the target completes either way.
        protected override void OnCompleted(int result, uint flags) => pool.Push(this);
    }
}
