using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files;

// Writes that are under way, at any front-end, and files that become shorter. Data that a write brings late must not turn up beyond an end
// that was moved meanwhile: so who makes a file shorter waits for the writes that began before, and those that come wait for it.
public sealed partial class FileService
{
    // Discarded at once. The owner makes sure that it still is before each: one that was deposed must not take away what its successor
    // has let be written since.
    private const long PieceBytes = 256 << 20;
    private const long RetryNs = 100_000_000;

    private readonly Dictionary<ulong, (ulong Inode, long BeganNs, ulong Key, ulong Copy)> _writes = [];
    private readonly HashSet<ulong> _cutOff = [];
    private readonly ChangeSignal _changed = new();
    private readonly List<ulong> _over = [];
    private readonly long _startedNs;
    private ulong _lastTicket;
    private long _foreignWritesUntilNs;

    /// <summary>A write has come to its end; one that is not known has been given up before, or an owner before has let it begin.</summary>
    public void EndWrite(in EndedWrite ended)
    {
        if (ended.IsDone)
            NoteWritten(ended.Key);
        EndTicket(ended.Ticket);
    }

    private void EndTicket(ulong ticket)
    {
        if (!_writes.Remove(ticket, out var write))
            return;
        EndCopy(ticket, write.Key);
        if (_cutOff.Contains(write.Inode))
            RaiseChange();
    }

    internal bool IsBeingCutOff(ulong inode) => _cutOff.Contains(inode);

    internal void Close(ulong inode) => _cutOff.Add(inode);

    internal void Open(ulong inode)
    {
        _cutOff.Remove(inode);
        RaiseChange();
    }

    private ulong BeginWrite(FileCall call)
    {
        // Tickets of an owner before must not be taken for this one's.
        if (_lastTicket == 0)
            _lastTicket = _reactor.NewNumber();
        do
            _lastTicket++;
        while (_lastTicket == 0);
        var key = FileOperation.ReplyKeyOf(call);
        _writes.Add(_lastTicket, (call.Handle.Inode, _reactor.MonotonicNs, key, call.Copy));
        BeginCopy(_lastTicket, key, call.Copy);
        return _lastTicket;
    }

    private async ValueTask CutOffEndAsync(ulong inode)
    {
        while (_cutOff.Contains(inode) && !_isClosing)
            await _changed.WaitAsync();
    }

    private async ValueTask FinishLaterAsync(TruncationRecord truncation)
    {
        _jobs++;
        await FinishAsync(truncation);
        _jobs--;
        RaiseChange();
    }

    // The owner was not sure to be it when the file became shorter: the change may be there all the same, and the node may still be the owner
    // when it is sure again.
    private async ValueTask FinishIfNotedAsync(TruncationRecord truncation)
    {
        _jobs++;
        var note = new NoteTruncationOperation(truncation);
        if (await RunUntilDoneAsync(note) == RecordStatus.Ok)
        {
            if (note.IsNoted)
                await FinishAsync(truncation);
            else
                Open(truncation.Inode);
        }

        _jobs--;
        RaiseChange();
    }

    // The file is shorter, as records say: what lies beyond goes, and only then writes may come again. Were they let in before, whoever
    // ends the truncation later would take away what they wrote; so it is tried until it is done, or is the next owner's to do.
    private async ValueTask<RecordStatus> FinishAsync(TruncationRecord truncation)
    {
        await WaitForWritesAsync(truncation.Inode);
        var status = await CutOffAsync(truncation);
        if (status == RecordStatus.Ok)
            Open(truncation.Inode);
        return status;
    }

    private async ValueTask<RecordStatus> CutOffAsync(TruncationRecord truncation)
    {
        while (truncation.From < truncation.To)
        {
            if (await RunUntilDoneAsync(new NoteTruncationOperation(truncation)) != RecordStatus.Ok)
                return RecordStatus.Lost;
            var to = Math.Min(truncation.To, (truncation.From & -PieceBytes) + PieceBytes);
            if (await Data.DiscardAsync(truncation.Inode, truncation.From, to) == RecordStatus.Ok)
                truncation = truncation with { From = to };
            else
                await _reactor.DelayAsync(RetryNs);
        }

        return await RunUntilDoneAsync(new DeleteOperation(Keys.Truncation(truncation.Inode)));
    }

    // Lost only when the service stops: a node may not know for a while whether it is the owner, and be it still.
    private async ValueTask<RecordStatus> RunUntilDoneAsync(RecordOperation operation)
    {
        while (!_isClosing)
        {
            if (await _records.RunAsync(operation) == RecordStatus.Ok)
                return RecordStatus.Ok;
            await _reactor.DelayAsync(RetryNs);
        }

        return RecordStatus.Lost;
    }

    private async ValueTask WaitForWritesAsync(ulong inode)
    {
        while (!_isClosing)
        {
            var nowNs = _reactor.MonotonicNs;
            var last = _foreignWritesUntilNs;
            foreach (var write in _writes.Values)
            {
                if (write.Inode == inode)
                    last = Math.Max(last, write.BeganNs + _options.WriteNs);
            }

            if (last <= nowNs)
                return;
            await WaitForChangeAsync(last - nowNs);
        }
    }

    // Writes whose front-end never told of their end.
    private void ForgetWrites()
    {
        foreach (var (ticket, write) in _writes)
        {
            if (write.BeganNs + _options.WriteNs < _reactor.MonotonicNs)
                _over.Add(ticket);
        }

        foreach (var ticket in _over)
            EndTicket(ticket);
        _over.Clear();
    }

    private async ValueTask WaitForChangeAsync(long atMostNs)
    {
        var timer = _reactor.Schedule(atMostNs, static service => ((FileService)service!).RaiseChange(), this);
        await _changed.WaitAsync();
        timer.Cancel();
    }

    private void RaiseChange() => _changed.Raise();
}
