using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nlm;

/// <summary>
/// What a client asks (XNFS, 14): the arguments of all procedures about one file, of which each has some of these fields.
/// </summary>
public readonly record struct NlmArguments
{
    /// <summary>Most bytes of a netobj (MAXNETOBJ_SZ).</summary>
    public const int MaximumObject = LockCall.MaximumObject;

    /// <summary>The caller's mark for the call.</summary>
    public XdrBytes Cookie { get; init; }

    /// <summary>Whether the caller waits.</summary>
    public bool IsBlocking { get; init; }

    /// <summary>Whether it wants the range alone.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>What the caller's machine calls itself.</summary>
    public XdrBytes CallerName { get; init; }

    /// <summary>The file.</summary>
    public XdrBytes Handle { get; init; }

    /// <summary>Whom the lock is for, in bytes.</summary>
    public XdrBytes OwnerHandle { get; init; }

    /// <summary>Whom the lock is for, a number.</summary>
    public uint Svid { get; init; }

    /// <summary>First byte.</summary>
    public ulong Offset { get; init; }

    /// <summary>Number of bytes; 0: all from the first one on.</summary>
    public ulong Length { get; init; }

    /// <summary>The state of the caller's machine.</summary>
    public uint State { get; init; }

    /// <summary>What is shared.</summary>
    public LockShare Share { get; init; }

    /// <summary>Reads the arguments of a procedure; false when they cannot be decoded.</summary>
    public static bool TryParse(NlmProcedure procedure, XdrReader reader, out NlmArguments arguments)
    {
        arguments = new NlmArguments { Cookie = reader.Opaque(MaximumObject) };
        switch (procedure)
        {
            case NlmProcedure.Test or NlmProcedure.Granted:
                arguments = Lock(ref reader, arguments with { IsExclusive = reader.Boolean() });
                break;
            case NlmProcedure.Lock or NlmProcedure.UnmonitoredLock:
                arguments = Lock(ref reader, arguments with { IsBlocking = reader.Boolean(), IsExclusive = reader.Boolean() });

                // Whether the lock is claimed again: here it is still held.
                reader.Boolean();
                arguments = arguments with { State = reader.UInt32() };
                break;
            case NlmProcedure.Cancel:
                arguments = Lock(ref reader, arguments with { IsBlocking = reader.Boolean(), IsExclusive = reader.Boolean() });
                break;
            case NlmProcedure.Unlock:
                arguments = Lock(ref reader, arguments);
                break;
            default:
                arguments = arguments with
                {
                    CallerName = reader.Opaque(LockHost.MaximumName),
                    Handle = reader.Opaque(MaximumObject),
                    OwnerHandle = reader.Opaque(MaximumObject),
                };
                var deny = reader.UInt32AtMost(LockShare.Mask);
                arguments = arguments with { Share = new LockShare(reader.UInt32AtMost(LockShare.Mask), deny) };
                reader.Boolean();
                break;
        }

        return reader.IsOk;
    }

    // nlm4_lock.
    private static NlmArguments Lock(ref XdrReader reader, in NlmArguments arguments) => arguments with
    {
        CallerName = reader.Opaque(LockHost.MaximumName),
        Handle = reader.Opaque(MaximumObject),
        OwnerHandle = reader.Opaque(MaximumObject),
        Svid = reader.UInt32(),
        Offset = reader.UInt64(),
        Length = reader.UInt64(),
    };
}

/// <summary>What is answered (XNFS, 14: nlm4_res, nlm4_testres, nlm4_shareres), and what a server asks of a client (nlm4_testargs).</summary>
public static class NlmResults
{
    /// <summary>Most bytes of an answer: cookie, status, holder.</summary>
    public const int MaximumSize = (2 * (4 + NlmArguments.MaximumObject)) + 32;

    /// <summary>Most bytes of the arguments of GRANTED.</summary>
    public const int MaximumGrant = (3 * (4 + NlmArguments.MaximumObject)) + 4 + LockHost.MaximumName + 32;

    /// <summary>Writes the answer to a procedure.</summary>
    public static void Write(ref XdrWriter writer, NlmProcedure procedure, ReadOnlySpan<byte> cookie, LockReply reply)
    {
        writer.Opaque(cookie);
        var isTest = procedure == NlmProcedure.Test;

        // That a lock is denied is told with who has it, or not at all.
        var status = isTest && reply is { Status: LockStatus.Denied, Holder: null } ? LockStatus.Failed : reply.Status;
        writer.UInt32((uint)status);
        if (isTest && status == LockStatus.Denied)
            Write(ref writer, reply.Holder!);
        if (procedure is NlmProcedure.Share or NlmProcedure.Unshare)
            writer.UInt32(0);
    }

    /// <summary>Writes the arguments of GRANTED for a call that has waited; no cookie is needed for who waits for the answer.</summary>
    public static void WriteGrant(ref XdrWriter writer, LockCall call)
    {
        writer.Opaque([]);
        writer.Boolean(call.IsExclusive);
        writer.Opaque(call.Host.Name.Span);
        writer.Opaque(call.FileHandle.Span);
        writer.Opaque(call.OwnerHandle.Span);
        writer.UInt32(call.Svid);
        writer.UInt64(call.Range.Start);
        writer.UInt64(call.Range.Length);
    }

    // nlm4_holder.
    private static void Write(ref XdrWriter writer, LockHolder holder)
    {
        writer.Boolean(holder.IsExclusive);
        writer.UInt32(holder.Svid);
        writer.Opaque(holder.OwnerHandle.Span);
        writer.UInt64(holder.Range.Start);
        writer.UInt64(holder.Range.Length);
    }
}
