using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Administration;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>
/// The way to a file system: its owner, which is this node or another one, for everything but data, and the spaces of its files for data.
/// </summary>
/// <remarks>
/// A call is asked until somebody has answered it: an owner that dies leaves behind which calls were carried out, so that the next one
/// answers and does not do them again. A client sees a pause and no error.
/// </remarks>
public sealed class FileSystemRoute
{
    private const long LookAgainNs = 20_000_000;
    private const int AdministrationTries = 250;
    private const long TellNs = 30_000_000_000;

    private readonly BlockNode _node;
    private readonly ulong _space;
    private readonly FileSystemOwner _owner;
    private readonly Stack<byte[]> _messages = new();

    internal FileSystemRoute(BlockNode node, ulong space, FileSpaces files, FileSystemOwner owner, ulong writeVerifier)
    {
        _node = node;
        _space = space;
        _owner = owner;
        Files = files;
        WriteVerifier = writeVerifier;
    }

    /// <summary>The contents of its files.</summary>
    public FileSpaces Files { get; }

    /// <summary>
    /// What tells clients whether the server has lost what it had not made durable: it never has, so it is the same at all front-ends and for
    /// ever (RFC 1813, 3.3.7).
    /// </summary>
    public ulong WriteVerifier { get; }

    /// <summary>The space of its metadata.</summary>
    internal ulong Space => _space;

    /// <summary>The owner's side at this node.</summary>
    internal FileSystemOwner Owner => _owner;

    /// <summary>Has a call carried out; completes when it has been answered.</summary>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    public async ValueTask ExecuteAsync(FileCall call)
    {
        while (true)
        {
            if (_owner.Service is { } service)
            {
                if (await service.ExecuteAsync(call) == RecordStatus.Ok)
                    return;
            }
            else if (await AskAsync(call))
            {
                return;
            }

            await _node.WaitForChangeAsync(LookAgainNs);
        }
    }

    /// <summary>
    /// Has the owner carry out a call about locks; <see cref="LockStatus.NotNow"/> when there is none that answers: clients ask again.
    /// </summary>
    public async ValueTask<LockReply> LockAsync(LockCall call)
    {
        if (_owner.Locks is { } locks)
            return await locks.CallAsync(call);
        var message = RentMessage();
        var length = FileCallMessage.WriteLock(call, isGrant: false, message);
        var room = Reactor.Current.Buffers.Rent(LockReply.MaximumSize);
        var answered = await _node.CallOwnerAsync(_space, message.AsMemory(0, length), room.Slice(0, LockReply.MaximumSize));
        var reply = new LockReply(LockStatus.NotNow);
        if (answered > 0 && LockReply.TryParse(room.Slice(0, answered).Span, out var told))
            reply = told;
        room.Release();
        _messages.Push(message);
        return reply;
    }

    /// <summary>Has the owner do what an administrator wants.</summary>
    /// <returns>Its answer, with the fault of the request where there is one; a fault when there is no owner that answers.</returns>
    public async ValueTask<Result<FileSystemAnswer>> AdministerAsync(FileSystemRequest request)
    {
        for (var tries = 0; tries < AdministrationTries; tries++)
        {
            if (await TryAdministerAsync(request) is { } answer)
                return answer.Fault is { } fault ? fault : answer;
            await _node.WaitForChangeAsync(LookAgainNs);
        }

        return new Fault(
            "file-system-busy", "The node that owns the file system does not answer.", "Wait a moment: another one takes it over. See `uss fs ls`.");
    }

    private async ValueTask<FileSystemAnswer?> TryAdministerAsync(FileSystemRequest request)
    {
        if (await _owner.AdministerAsync(request) is { } own)
            return own;
        var room = Reactor.Current.Buffers.Rent(BlockNode.MaximumOwnerCallBytes);
        var answered = await _node.CallOwnerAsync(_space, FileCallMessage.Of(request), room.Slice(0, BlockNode.MaximumOwnerCallBytes));
        var answer = answered > 0 ? FileCallMessage.ReadAnswer(room.Slice(0, answered).Span) : null;
        room.Release();
        return answer;
    }

    /// <summary>
    /// A write that the owner knows of has come to its end: those who make the file shorter wait for that, and copies of the call.
    /// </summary>
    /// <param name="call">The write.</param>
    /// <param name="isDone">Its data is there: no copy of the call is to bring it once more.</param>
    public void EndWrite(FileCall call, bool isDone)
    {
        if (call.Ticket == 0)
            return;
        var ended = new EndedWrite(call.Ticket, FileOperation.ReplyKeyOf(call), isDone);
        if (_owner.Service is { } service)
            service.EndWrite(ended);
        else
            Reactor.Current.Spawn(TellEndAsync(ended));
    }

    private async ValueTask<bool> AskAsync(FileCall call)
    {
        var message = RentMessage();
        var length = FileCallMessage.Write(call, message);
        var answered = await _node.CallOwnerAsync(_space, message.AsMemory(0, length), call.Results);
        _messages.Push(message);
        return answered >= 0 && FileCallMessage.ReadAnswer(call, answered);
    }

    // An owner that does not hear of it waits until a write can take effect no more. That data is there matters to the owners after it, too.
    private async ValueTask TellEndAsync(EndedWrite ended)
    {
        var message = RentMessage();
        var length = FileCallMessage.WriteEnd(ended, message);
        var room = Reactor.Current.Buffers.Rent(1);
        var untilNs = Reactor.Current.MonotonicNs + TellNs;
        while (await _node.CallOwnerAsync(_space, message.AsMemory(0, length), room.Slice()) < 0 && ended.IsDone)
        {
            await _node.WaitForChangeAsync(LookAgainNs);
            if (Reactor.Current.MonotonicNs > untilNs)
                break;
            if (_owner.Service is not { } service)
                continue;
            service.EndWrite(ended);
            break;
        }

        room.Release();
        _messages.Push(message);
    }

    private byte[] RentMessage() => _messages.TryPop(out var message) ? message : new byte[BlockNode.MaximumOwnerCallBytes];
}
