using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nlm;

// From what is on the wire to what the owner of the file system is asked.
public sealed partial class NlmProgram
{
    private static bool TryRead(RpcRequest request, NlmProcedure procedure, out NlmArguments arguments)
    {
        if (NlmArguments.TryParse(procedure, request.Arguments, out arguments))
            return true;
        request.Fail(AcceptStatus.GarbageArguments);
        return false;
    }

    /// <summary>The answer, when there is one without asking the owner; otherwise what to ask it.</summary>
    private LockReply? Begin(RpcRequest request, NlmProcedure procedure, in NlmArguments arguments, out LockCall? call)
    {
        call = null;
        var message = request.Message;
        var fileHandle = arguments.Handle.In(message);
        if (!FileHandle.TryParse(fileHandle, _key.Span, out var handle) || handle.Inode > LockRecords.MaximumInode)
            return new LockReply(LockStatus.StaleHandle);
        if (!LockRange.TryCreate(arguments.Offset, arguments.Length, out var range))
            return new LockReply(LockStatus.TooBig);
        var isLock = procedure is NlmProcedure.Lock or NlmProcedure.UnmonitoredLock;
        if (Refusal(request, procedure, handle, isExclusive: isLock && arguments.IsExclusive) is { } refusal)
            return new LockReply(refusal);

        // What cannot change needs no locks: everybody has them.
        if (handle.Snapshot != 0)
            return new LockReply(LockStatus.Granted);
        call = new LockCall
        {
            Kind = KindOf(procedure),
            Host = HostOf(request, arguments.CallerName.In(message)),
            FileSystem = handle.FileSystem,
            Inode = handle.Inode,
            Generation = handle.Generation,
            Svid = arguments.Svid,
            OwnerHandle = arguments.OwnerHandle.In(message).ToArray(),
            Range = range,
            IsExclusive = arguments.IsExclusive,
            IsBlocking = isLock && arguments.IsBlocking,
            State = arguments.State,
            Share = arguments.Share,
            FileHandle = fileHandle.ToArray(),
            FrontEnd = _frontEnd,
        };
        return null;
    }

    // The rules of the export; null when they let it pass. What a client holds it may always give up, whatever has become of them.
    private LockStatus? Refusal(RpcRequest request, NlmProcedure procedure, in FileHandle handle, bool isExclusive)
    {
        if (procedure is NlmProcedure.Cancel or NlmProcedure.Unlock or NlmProcedure.Unshare)
            return null;
        if (_exports().Find(handle.Export) is not { } export || export.FileSystem != handle.FileSystem)
            return LockStatus.StaleHandle;
        if (export.RuleFor(request.Client.Address) is not { } rule)
            return LockStatus.Failed;
        return isExclusive && (rule.IsReadOnly || handle.Snapshot != 0) ? LockStatus.ReadOnly : null;
    }

    private static LockCallKind KindOf(NlmProcedure procedure) => procedure switch
    {
        NlmProcedure.Test => LockCallKind.Test,
        NlmProcedure.Cancel => LockCallKind.Cancel,
        NlmProcedure.Unlock => LockCallKind.Unlock,
        NlmProcedure.Share => LockCallKind.Share,
        NlmProcedure.Unshare => LockCallKind.Unshare,
        _ => LockCallKind.Lock,
    };

    private static LockHost HostOf(RpcRequest request, ReadOnlySpan<byte> name) =>
        new(name.ToArray(), LockHost.Normalize(request.Client.Address), LockHost.Normalize(request.Server.Address));

    private static byte[] Results(NlmProcedure procedure, ReadOnlySpan<byte> cookie, LockReply reply)
    {
        var bytes = new byte[NlmResults.MaximumSize];
        var writer = new XdrWriter(bytes);
        NlmResults.Write(ref writer, procedure, cookie, reply);
        return bytes[..writer.Position];
    }
}
