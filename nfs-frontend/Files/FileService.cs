using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// One file system as its owner serves it: calls of all front-ends become operations on records, one after the other, and are answered
/// once they are durable.
/// </summary>
public sealed partial class FileService
{
    /// <summary>The inode of the file system's uppermost directory.</summary>
    public const ulong RootInode = 1;

    /// <summary>Its generation.</summary>
    public const uint RootGeneration = 1;

    private readonly IRecordStore _records;
    private readonly Reactor _reactor;
    private readonly FileServiceOptions _options;
    private readonly Stack<FileOperation> _operations = new();
    private bool _isClosing;
    private int _jobs;

    /// <summary>Creates the service; <see cref="StartAsync"/> comes first.</summary>
    /// <param name="records">The file system's records.</param>
    /// <param name="data">The contents of its files.</param>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="options">How.</param>
    public FileService(IRecordStore records, IFileData data, Reactor reactor, FileServiceOptions options)
    {
        (_records, Data, _reactor, _options) = (records, data, reactor, options);
        _startedNs = reactor.MonotonicNs;
        Time = new FileTime(reactor);
    }

    internal IFileData Data { get; }

    internal FileServiceOptions Options => _options;

    internal FileTime Time { get; }

    /// <summary>Makes the uppermost directory where there is none, and begins to end what the owner before left undone.</summary>
    public async ValueTask<RecordStatus> StartAsync()
    {
        var begin = new BeginOperation(this);
        var status = await _records.RunAsync(begin);
        if (status != RecordStatus.Ok)
            return status;
        _termBeganNs = Time.NextNs();
        _foreignWritesUntilNs = begin.IsNew ? 0 : _startedNs + _options.WriteNs;
        foreach (var truncation in begin.Unfinished)
            Close(truncation.Inode);
        foreach (var truncation in begin.Unfinished)
            _reactor.Spawn(FinishLaterAsync(truncation));
        _reactor.Spawn(ReapAsync());
        _reactor.Spawn(ResumeCountsAsync());
        return status;
    }

    /// <summary>Carries out a call.</summary>
    /// <returns>
    /// <see cref="RecordStatus.Ok"/> when there is an answer, whatever it says; <see cref="RecordStatus.Lost"/> when this node does not
    /// own the file system any more: the call may have been carried out, and the next owner knows.
    /// </returns>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<RecordStatus> ExecuteAsync(FileCall call)
    {
        if (!_operations.TryPop(out var operation))
            operation = new FileOperation(this);
        operation.Call = call;
        RecordStatus status;
        var isWrite = call.Procedure == NfsProcedure.Write && !call.IsDone;
        while (true)
        {
            // Before it is decided: who makes the file shorter meanwhile has to know of it.
            call.Ticket = isWrite ? BeginWrite(call) : 0;
            status = await _records.RunAsync(operation);
            if (!operation.Waits || status != RecordStatus.Ok)
                break;
            EndTicket(call.Ticket);
            operation.OpenClosed(but: 0);
            if (_isClosing)
                break;
            if (operation.WaitsForCopy)
                await _reactor.DelayAsync(CopyLookNs);
            else
                await CutOffEndAsync(operation.WaitsFor);
        }

        if (status == RecordStatus.Ok && operation.Waits)
            status = RecordStatus.Lost;
        var truncation = status is RecordStatus.Ok or RecordStatus.Lost ? operation.Truncation : null;
        operation.OpenClosed(but: truncation?.Inode ?? 0);
        if (truncation is { } shorter && status == RecordStatus.Ok)
            status = await FinishAsync(shorter);
        else if (truncation is { } perhaps)
            _reactor.Spawn(FinishIfNotedAsync(perhaps));
        if (status is RecordStatus.NoSpace or RecordStatus.Damaged)
        {
            Refuse(call, status == RecordStatus.NoSpace ? NfsStatus.NoSpace : NfsStatus.Io);
            status = RecordStatus.Ok;
        }

        if (isWrite && (status != RecordStatus.Ok || call.Status != NfsStatus.Ok || operation.IsWritten))
        {
            EndTicket(call.Ticket);
            call.Ticket = 0;
        }

        operation.Reset();
        _operations.Push(operation);
        return status;
    }

    /// <summary>Stops; completes when nothing goes on in the background any more.</summary>
    public async ValueTask CloseAsync()
    {
        _isClosing = true;
        RaiseChange();
        while (_jobs > 0)
            await _changed.WaitAsync();
    }

    private static void Refuse(FileCall call, NfsStatus status)
    {
        var writer = new XdrWriter(call.Results.Span);
        writer.UInt32((uint)status);
        for (var missing = ProcedureArguments.OptionalAttributesOf(call.Procedure); missing > 0; missing--)
            writer.Boolean(false);
        call.ResultBytes = writer.Position;
    }
}
