using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Owners;
using Uss.NfsFrontend.VolumeFiles;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Nfs;

// READ, WRITE and COMMIT: the owner says what the file is and takes note of its new size and times; the data goes past it.
public sealed partial class NfsProgram
{
    private const int PageBytes = BufferPool.MinimumBytes;

    // What cannot be read or written now is tried again: a client that waits is better off than a database that sees an error.
    private const long RetryNs = 50_000_000;

    // With the time for which a write may take effect (3 s), less than for which the owner waits for one (4 s).
    private const long BeginNs = 900_000_000;

    // What comes so soon on a new connection may be what the client had asked for by another one, and may still wait there.
    private const long ResendNs = 2_000_000_000;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask ReadAsync(RpcRequest request)
    {
        var reader = request.Arguments;
        var arguments = ReadArguments.Read(ref reader);
        if (!reader.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var call = RentCall(request, NfsProcedure.Read);
        var status = Authorize(request, call, arguments.File.In(request.Message), out var fileSystem);
        if (status == NfsStatus.Ok && arguments.Offset > FileSpaces.MaximumFileBytes)
            arguments = arguments with { Offset = FileSpaces.MaximumFileBytes, Count = 0 };
        if (status != NfsStatus.Ok || fileSystem is null)
        {
            Refuse(request, NfsProcedure.Read, status);
        }
        else
        {
            call.Offset = (long)arguments.Offset;
            call.Count = (int)Math.Min(arguments.Count, NfsLimits.TransferBytes);
            call.Results = request.ReserveResults(PlainResultBytes);
            if (VolumeDirectory.Owns(call.Handle))
                volumes.Execute(call);
            else
                await fileSystem.ExecuteAsync(call);
            await AnswerReadAsync(request, call, fileSystem);
        }

        Return(call);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask AnswerReadAsync(RpcRequest request, FileCall call, FileSystemRoute fileSystem)
    {
        var count = (int)Math.Min(call.Count, Math.Max(0, call.Length - call.Offset));
        if (call.Status != NfsStatus.Ok || count == 0)
        {
            request.Succeed(call.Status == NfsStatus.Ok ? AddReadResults(call, 0) : call.ResultBytes);
            return;
        }

        var skip = (int)(call.Offset % PageBytes);
        var buffer = reactor.Buffers.Rent(skip + count + XdrReader.PaddingOf(count));
        var data = buffer.Slice(skip, count);
        VolumeResult read;
        while ((read = await ReadDataAsync(call, fileSystem, data)).Status == VolumeStatus.Unavailable)
            await reactor.DelayAsync(RetryNs);
        if (read.IsOk)
            request.Succeed(AddReadResults(call, count), data);
        else
            request.Succeed(WriteRefusal(new XdrWriter(call.Results.Span), NfsProcedure.Read, NfsStatus.Io));
        buffer.Release();
    }

    private ValueTask<VolumeResult> ReadDataAsync(FileCall call, FileSystemRoute fileSystem, BufferSlice data)
    {
        if (!VolumeDirectory.Owns(call.Handle))
            return fileSystem.Files.ReadAsync(call.File, call.Offset, data);
        return volumes.Find(call.Handle) is { } volume
            ? volume.ReadAsync(call.Offset, data)
            : new ValueTask<VolumeResult>(new VolumeResult(VolumeStatus.Removed));
    }

    // Behind the status and the attributes: count, end of file, length of the data.
    private static int AddReadResults(FileCall call, int count)
    {
        var writer = new XdrWriter(call.Results.Span[call.ResultBytes..]);
        writer.UInt32((uint)count);
        writer.Boolean(call.Offset + count >= call.Length);
        writer.UInt32((uint)count);
        return call.ResultBytes + writer.Position;
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteAsync(RpcRequest request)
    {
        var reader = request.Arguments;
        var arguments = WriteArguments.Read(ref reader);
        if (!reader.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var call = RentCall(request, NfsProcedure.Write);
        var status = Authorize(request, call, arguments.File.In(request.Message), out var fileSystem);
        if (status == NfsStatus.Ok && arguments.Count != arguments.Data.Length)
            status = NfsStatus.Invalid;
        if (status == NfsStatus.Ok && arguments.Offset > FileSpaces.MaximumFileBytes - (ulong)arguments.Data.Length)
            status = NfsStatus.FileTooLarge;
        if (status != NfsStatus.Ok || fileSystem is null)
        {
            Refuse(request, NfsProcedure.Write, status);
        }
        else
        {
            call.Offset = (long)arguments.Offset;
            call.Count = arguments.Data.Length;
            call.Results = request.ReserveResults(PlainResultBytes);
            if (VolumeDirectory.Owns(call.Handle))
                await WriteVolumeAsync(call, fileSystem, request.SliceOf(arguments.Data));
            else
                await WriteAsync(call, fileSystem, request.SliceOf(arguments.Data), reactor.MonotonicNs - request.ConnectionBegunNs < ResendNs);
            request.Succeed(call.ResultBytes);
        }

        Return(call);
    }

    // Leaves the results in the call.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteAsync(FileCall call, FileSystemRoute fileSystem, BufferSlice data, bool mayBeResent)
    {
        VolumeResult written;
        while (true)
        {
            // The owner waits so long for a write that it has let begin, and no longer.
            var askedNs = reactor.MonotonicNs;
            await fileSystem.ExecuteAsync(call);
            if (call.Status != NfsStatus.Ok)
                return;

            // Without a ticket the data is there already.
            written = VolumeResult.Ok;
            var length = (int)Math.Clamp(call.Length - call.Offset, 0, data.Length);
            if (length > 0 && call.Ticket != 0)
            {
                written = reactor.MonotonicNs - askedNs < BeginNs
                    ? await fileSystem.Files.WriteAsync(call.File, call.Offset, data.Slice(0, length))
                    : new VolumeResult(VolumeStatus.Unavailable);
            }

            fileSystem.EndWrite(call, written.IsOk);
            if (written.Status != VolumeStatus.Unavailable)
                break;
            await reactor.DelayAsync(RetryNs);
        }

        // There may be more copies: once this one is answered, none of them may write, whoever the owner is then.
        if (written.IsOk && call.Ticket != 0 && (call.IsRepeated || mayBeResent))
        {
            call.IsDone = true;
            await fileSystem.ExecuteAsync(call);
            if (call.Status != NfsStatus.Ok)
                return;
        }

        AnswerWrite(call, fileSystem, written);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteVolumeAsync(FileCall call, FileSystemRoute fileSystem, BufferSlice data)
    {
        volumes.Execute(call);
        if (call.Status != NfsStatus.Ok)
            return;
        var written = data.Length > 0 ? new VolumeResult(VolumeStatus.Removed) : VolumeResult.Ok;
        while (data.Length > 0 && volumes.Find(call.Handle) is { } volume
            && (written = await volume.WriteAsync(call.Offset, data)).Status == VolumeStatus.Unavailable)
            await reactor.DelayAsync(RetryNs);
        AnswerWrite(call, fileSystem, written);
    }

    private static void AnswerWrite(FileCall call, FileSystemRoute fileSystem, VolumeResult written)
    {
        if (!written.IsOk)
        {
            var status = written.Status == VolumeStatus.NoSpace ? NfsStatus.NoSpace : NfsStatus.Io;
            call.ResultBytes = WriteRefusal(new XdrWriter(call.Results.Span), NfsProcedure.Write, status);
            return;
        }

        var writer = new XdrWriter(call.Results.Span[call.ResultBytes..]);
        writer.UInt32((uint)call.Count);
        writer.UInt32((uint)StableHow.FileSync);
        writer.UInt64(fileSystem.WriteVerifier);
        call.ResultBytes += writer.Position;
    }

    // Whatever was answered is durable: this is a barrier and nothing else.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask CommitAsync(RpcRequest request)
    {
        var reader = request.Arguments;
        var arguments = CommitArguments.Read(ref reader);
        if (!reader.IsOk)
        {
            request.Fail(AcceptStatus.GarbageArguments);
            return;
        }

        var call = RentCall(request, NfsProcedure.Commit);
        var status = Authorize(request, call, arguments.File.In(request.Message), out var fileSystem);
        if (status != NfsStatus.Ok || fileSystem is null)
        {
            Refuse(request, NfsProcedure.Commit, status);
        }
        else
        {
            call.Results = request.ReserveResults(PlainResultBytes);
            if (VolumeDirectory.Owns(call.Handle))
                volumes.Execute(call);
            else
                await fileSystem.ExecuteAsync(call);
            if (call.Status == NfsStatus.Ok)
            {
                var writer = new XdrWriter(call.Results.Span[call.ResultBytes..]);
                writer.UInt64(fileSystem.WriteVerifier);
                call.ResultBytes += writer.Position;
            }

            request.Succeed(call.ResultBytes);
        }

        Return(call);
    }
}
