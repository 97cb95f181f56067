using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Owners;
using Uss.NfsFrontend.VolumeFiles;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// NFS version 3 (RFC 1813) as every front-end serves it: checks handle and export of each request, has its metadata done by the owner of
/// the file system, and moves data between the client and the storage nodes.
/// </summary>
/// <param name="fileSystems">The file systems.</param>
/// <param name="exports">Who may do what.</param>
/// <param name="key">The key of handles.</param>
/// <param name="reactor">The reactor that it runs on.</param>
/// <param name="volumes">Volumes as files.</param>
public sealed partial class NfsProgram(
    IFileSystems fileSystems, ExportGate exports, HandleKey key, Reactor reactor, VolumeDirectory volumes) : IRpcProgram
{
    // Results of a procedure that lists nothing: a status, a handle, and attributes before and after of two directories.
    private const int PlainResultBytes = 1024;

    // A symbolic link holds a path.
    private const int LinkResultBytes = 8192;

    // What tells calls of one number apart: handles, offset and length of a write and the beginning of its data, or both names.
    private const int SignificantBytes = 1024;

    private readonly Stack<FileCall> _calls = new();
    private ulong _lastCopy;

    /// <inheritdoc/>
    public uint Number => 100003;

    /// <inheritdoc/>
    public uint LowestVersion => 3;

    /// <inheritdoc/>
    public uint HighestVersion => 3;

    /// <inheritdoc/>
    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) =>
        (NfsProcedure)call.Procedure == NfsProcedure.Write ? WriteArguments.DataOffset(head, call.ArgumentsOffset) : 0;

    /// <inheritdoc/>
    public ValueTask HandleAsync(RpcRequest request)
    {
        switch ((NfsProcedure)request.Call.Procedure)
        {
            case NfsProcedure.Null:
                request.Succeed();
                return ValueTask.CompletedTask;
            case NfsProcedure.Read:
                return ReadAsync(request);
            case NfsProcedure.Write:
                return WriteAsync(request);
            case NfsProcedure.Commit:
                return CommitAsync(request);
            case <= NfsProcedure.Commit:
                return ForwardAsync(request);
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                return ValueTask.CompletedTask;
        }
    }

    // What the owner does alone: the arguments go there and the results come back as they are.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ForwardAsync(RpcRequest request)
    {
        var procedure = (NfsProcedure)request.Call.Procedure;
        if (!ProcedureArguments.TryRead(procedure, request.Arguments, out var arguments))
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var call = RentCall(request, procedure);
        var status = Authorize(request, call, arguments.Target.In(request.Message), out var fileSystem);
        if (status == NfsStatus.Ok && arguments.Other.Length > 0)
            status = ReadOther(call, arguments.Other.In(request.Message));
        if (status != NfsStatus.Ok || fileSystem is null)
        {
            Refuse(request, procedure, status);
        }
        else
        {
            var message = request.Message;
            call.SetArguments(message[request.Call.ArgumentsOffset..]);
            call.Results = request.ReserveResults(ResultBytesOf(procedure, arguments.Count));
            if (VolumeDirectory.Owns(call.Handle))
                volumes.Execute(call);
            else
                await fileSystem.ExecuteAsync(call);
            if (procedure == NfsProcedure.Lookup && call.Status == NfsStatus.NoEntry && IsVolumeDirectory(request, call))
                volumes.AnswerLookup(call);
            request.Succeed(call.ResultBytes);
        }

        Return(call);
    }

    // The directory of volumes lies at the top of exports that show them, where nobody made one of that name.
    private bool IsVolumeDirectory(RpcRequest request, FileCall call)
    {
        var reader = request.Arguments;
        return call.Handle.Inode == call.Top
            && exports.Exports.Find(call.Export) is { } export
            && VolumeDirectory.IsShown(export, call.Caller, NamedEntry.Read(ref reader).Name.In(request.Message));
    }

    private static int ResultBytesOf(NfsProcedure procedure, uint count) => procedure switch
    {
        NfsProcedure.ReadDirectory or NfsProcedure.ReadDirectoryPlus =>
            PlainResultBytes + (int)Math.Min(count, FileCall.MaximumResultBytes - PlainResultBytes),
        NfsProcedure.ReadLink => LinkResultBytes,
        _ => PlainResultBytes,
    };

    // The handle's file system, when the client may ask for it by the export in the handle.
    private NfsStatus Authorize(RpcRequest request, FileCall call, ReadOnlySpan<byte> bytes, out FileSystemRoute? fileSystem)
    {
        fileSystem = null;
        if (!key.TryParse(bytes, out var handle))
            return NfsStatus.BadHandle;
        fileSystem = fileSystems.Find(handle.FileSystem);
        if (fileSystem is null || exports.Exports.Find(handle.Export) is not { } export || export.FileSystem != handle.FileSystem)
            return NfsStatus.Stale;
        if (VolumeDirectory.Owns(handle) && !export.ShowsVolumes)
            return NfsStatus.Stale;
        if (exports.Find(handle.Export, request.Client.Address) is not { } rule)
            return NfsStatus.AccessDenied;
        call.Handle = handle;
        (call.Export, call.Top) = (handle.Export, export.Top.Inode);
        call.IsReadOnly = rule.IsReadOnly;
        call.Caller = new Caller(request.Call.Flavor, request.User, rule);
        return NfsStatus.Ok;
    }

    private NfsStatus ReadOther(FileCall call, ReadOnlySpan<byte> bytes)
    {
        if (!key.TryParse(bytes, out var other))
            return NfsStatus.BadHandle;
        call.OtherHandle = other;

        // What a client may do by one export says nothing about another one, though the file system be the same.
        return other.FileSystem == call.Handle.FileSystem && other.Export == call.Handle.Export ? NfsStatus.Ok : NfsStatus.CrossDevice;
    }

    private FileCall RentCall(RpcRequest request, NfsProcedure procedure)
    {
        if (!_calls.TryPop(out var call))
            call = new FileCall { HandleKey = key.Bytes };
        call.Begin(procedure);
        call.ClientHash = ClientHash.Of(request.Client.Address);
        call.Xid = request.Call.Xid;
        call.Copy = NewCopy();
        var arguments = request.Message[request.Call.ArgumentsOffset..];
        call.Checksum = Crc32C.Compute(arguments[..Math.Min(arguments.Length, SignificantBytes)]);
        return call;
    }

    private ulong NewCopy()
    {
        if (_lastCopy == 0)
            _lastCopy = reactor.NewNumber();
        return ++_lastCopy;
    }

    private void Return(FileCall call)
    {
        call.Results = default;
        _calls.Push(call);
    }

    // An answer that the owner was not asked for: the status, and that no attributes are told.
    private static void Refuse(RpcRequest request, NfsProcedure procedure, NfsStatus status)
    {
        var results = request.ReserveResults(PlainResultBytes);
        request.Succeed(WriteRefusal(new XdrWriter(results.Span), procedure, status));
    }

    private static int WriteRefusal(XdrWriter writer, NfsProcedure procedure, NfsStatus status)
    {
        writer.UInt32((uint)status);
        for (var missing = ProcedureArguments.OptionalAttributesOf(procedure); missing > 0; missing--)
            writer.Boolean(false);
        return writer.Position;
    }
}
