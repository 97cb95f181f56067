using System.Runtime.InteropServices;
using Uss.Runtime.Threaded;

namespace Uss.Runtime.IoUring;

internal sealed unsafe partial class Ring
{
    // From the best set of flags to the least that works: Linux 6.1, 6.0, 5.19, 5.11. A kernel refuses flags it does not
    // know with EINVAL.
    private static readonly RingSetup[] Attempts =
    [
        Base | RingSetup.SubmitAll | RingSetup.SingleIssuer | RingSetup.DeferTaskRun | RingSetup.TaskRunFlag,
        Base | RingSetup.SubmitAll | RingSetup.SingleIssuer | RingSetup.CooperativeTaskRun | RingSetup.TaskRunFlag,
        Base | RingSetup.SubmitAll | RingSetup.CooperativeTaskRun | RingSetup.TaskRunFlag,
        Base,
    ];

    private const RingSetup Base = RingSetup.CompletionSize | RingSetup.Clamp | RingSetup.StartDisabled;

    private const RingFeatures Needed =
        RingFeatures.SingleMap | RingFeatures.NoDrop | RingFeatures.SubmitStable | RingFeatures.FastPoll | RingFeatures.ExtendedArgument;

    // Completions of many connections can pile up during one long turn; beyond this the kernel queues them by itself.
    private const uint CompletionsPerSubmission = 8;

    private readonly byte* _ringMap;
    private readonly nuint _ringBytes;
    private readonly nuint _entriesBytes;

    private Ring(int descriptor, RingParameters parameters, byte* ringMap, nuint ringBytes, byte* entries, nuint entriesBytes)
    {
        _descriptor = descriptor;
        _ringMap = ringMap;
        _ringBytes = ringBytes;
        _entriesBytes = entriesBytes;
        Setup = parameters.Flags;
        _entries = (SubmissionEntry*)entries;
        _submissionHead = (uint*)(ringMap + parameters.Submission.Head);
        _submissionTail = (uint*)(ringMap + parameters.Submission.Tail);
        _submissionMask = *(uint*)(ringMap + parameters.Submission.Mask);
        _submissionSize = parameters.SubmissionEntries;
        _completionHead = (uint*)(ringMap + parameters.Completion.Head);
        _completionTail = (uint*)(ringMap + parameters.Completion.Tail);
        _completionMask = *(uint*)(ringMap + parameters.Completion.Mask);
        _completions = (CompletionEntry*)(ringMap + parameters.Completion.Entry);
        _enterDescriptor = descriptor;
        _tail = *_submissionTail;
        _argument = (RingEnterArgument*)NativeMemory.AllocZeroed((nuint)sizeof(RingEnterArgument));

        // The kernel finds entries through an array of indices; entry n always stands at place n.
        var array = (uint*)(ringMap + parameters.Submission.Array);
        for (var i = 0u; i < parameters.SubmissionEntries; i++)
            array[i] = i;
    }

    /// <summary>Makes a ring that is not yet enabled, or says why this kernel has none.</summary>
    internal static Result<Ring> Create(int entries, bool isModern)
    {
        var error = 0;
        foreach (var flags in isModern ? Attempts : [Base])
        {
            var parameters = new RingParameters { Flags = flags, CompletionEntries = (uint)entries * CompletionsPerSubmission };
            var descriptor = RingCalls.Setup((uint)entries, &parameters);
            if (descriptor >= 0)
                return Map(descriptor, parameters);
            error = Libc.LastError;
            if (error != Errno.Invalid)
                break;
        }

        return Unavailable($"The kernel refuses io_uring: {Errno.Describe(error)}.");
    }

    /// <summary>Starts the ring; from here on it belongs to the calling thread.</summary>
    internal void Enable()
    {
        var result = RingCalls.Register(_descriptor, RingCalls.EnableRings, null, 0);
        Invariant.Check(result == 0);
        PrepareBuffers();

        // A registered ring spares each call the look-up of the descriptor. Linux 5.18.
        var update = new ResourceUpdate { Offset = uint.MaxValue, Data = (ulong)_descriptor };
        if (RingCalls.Register(_descriptor, RingCalls.RegisterRingDescriptors, &update, 1) != 1)
            return;
        _enterDescriptor = (int)update.Offset;
        _enterFlags = RingEnter.RegisteredRing;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _ = RingCalls.Unmap(_entries, _entriesBytes);
        _ = RingCalls.Unmap(_ringMap, _ringBytes);
        _ = Libc.Close(_descriptor);
        NativeMemory.Free(_argument);
    }

    private static Result<Ring> Map(int descriptor, RingParameters parameters)
    {
        var missing = Needed & ~parameters.Features;
        if (missing != 0)
        {
            _ = Libc.Close(descriptor);
            return Unavailable($"The kernel's io_uring is too old: it lacks {missing}.");
        }

        var ringBytes = (nuint)Math.Max(
            parameters.Submission.Array + (parameters.SubmissionEntries * sizeof(uint)),
            parameters.Completion.Entry + (parameters.CompletionEntries * sizeof(CompletionEntry)));
        var ringMap = RingCalls.Map(descriptor, ringBytes, RingCalls.SubmissionRingOffset);
        var entriesBytes = (nuint)parameters.SubmissionEntries * SubmissionEntry.Size;
        var entries = ringMap is null ? null : RingCalls.Map(descriptor, entriesBytes, RingCalls.EntriesOffset);
        if (entries is not null)
            return new Ring(descriptor, parameters, ringMap, ringBytes, entries, entriesBytes);

        var error = Libc.LastError;
        if (ringMap is not null)
            _ = RingCalls.Unmap(ringMap, ringBytes);
        _ = Libc.Close(descriptor);
        return Unavailable($"The kernel's io_uring queues cannot be mapped: {Errno.Describe(error)}.");
    }

    private static Fault Unavailable(string message) => new(
        "io-uring-unavailable",
        message,
        "Allow it (sysctl kernel.io_uring_disabled=0, the container's seccomp profile, Linux 5.11 or later).");
}
