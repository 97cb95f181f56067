using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

/// <summary>One pair of submission and completion queues, shared with the kernel. One thread uses it.</summary>
internal sealed unsafe partial class Ring : IDisposable
{
    private readonly int _descriptor;
    private readonly RingEnterArgument* _argument;
    private readonly SubmissionEntry* _entries;
    private readonly CompletionEntry* _completions;
    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _submissionMask;
    private readonly uint _submissionSize;
    private readonly uint _completionMask;
    private RingEnter _enterFlags;
    private int _enterDescriptor;
    private uint _tail;
    private bool _isDisposed;

    /// <summary>Flags that this kernel accepted.</summary>
    internal RingSetup Setup { get; }

    /// <summary>True when completions are waiting to be taken.</summary>
    internal bool HasCompletions => *_completionHead != Volatile.Read(ref *_completionTail);

    /// <summary>Entries prepared and not yet taken by the kernel.</summary>
    internal uint Unsubmitted => _tail - Volatile.Read(ref *_submissionHead);

    /// <summary>Takes the next submission entry, zeroed; null when the queue is full.</summary>
    internal SubmissionEntry* TryNext()
    {
        if (Unsubmitted == _submissionSize)
            return null;
        var entry = _entries + (_tail & _submissionMask);
        *entry = default;
        _tail++;
        return entry;
    }

    /// <summary>
    /// Hands prepared entries to the kernel, lets it finish deferred work and waits until a completion is there or
    /// <paramref name="timeoutNs"/> have passed: 0 does not wait, -1 waits without limit. 0 or an error number.
    /// </summary>
    internal int SubmitAndWait(long timeoutNs)
    {
        if (timeoutNs <= 0)
            return Enter(timeoutNs < 0 ? 1u : 0u, RingEnter.GetEvents, null, 0);
        var timeout = new KernelTimespec { Seconds = timeoutNs / 1_000_000_000, Nanoseconds = timeoutNs % 1_000_000_000 };
        _argument->Timeout = &timeout;
        return Enter(1, RingEnter.GetEvents | RingEnter.ExtendedArgument, _argument, (nuint)sizeof(RingEnterArgument));
    }

    /// <summary>Number of completions that can be taken now.</summary>
    internal uint CompletionsReady => Volatile.Read(ref *_completionTail) - *_completionHead;

    /// <summary>Takes one completion; <see cref="CompletionsReady"/> must not be 0.</summary>
    internal CompletionEntry TakeCompletion()
    {
        var head = *_completionHead;
        var completion = _completions[head & _completionMask];
        Volatile.Write(ref *_completionHead, head + 1);
        return completion;
    }

    private int Enter(uint minimumCompletions, RingEnter flags, RingEnterArgument* argument, nuint argumentBytes)
    {
        // The kernel must see the entries before the tail.
        Volatile.Write(ref *_submissionTail, _tail);
        var submit = Unsubmitted;
        var result = RingCalls.Enter(_enterDescriptor, submit, minimumCompletions, flags | _enterFlags, argument, argumentBytes);
        return result >= 0 ? 0 : Libc.LastError;
    }
}
