using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Store;

namespace Uss.NfsFrontend.Files;

// Writes that are under way, at any front-end, and files that become shorter. Data that a write brings late must not turn up beyond an end
// that was moved meanwhile: so who makes a file shorter waits for the writes that began before, and those that come wait for it.
public sealed partial class FileService
{
    private const long DiscardAgainNs = 100_000_000;

    private readonly Dictionary<ulong, (ulong Inode, long BeganNs)> _writes = [];
    private readonly HashSet<ulong> _cutOff = [];
    private readonly ChangeSignal _changed = new();
    private readonly List<ulong> _over = [];
    private readonly long _startedNs;
    private ulong _lastTicket;

    /// <summary>A write has come to its end; one that is not known has been given up before.</summary>
    public void EndWrite(ulong ticket)
    {
        if (_writes.Remove(ticket, out var write) && _cutOff.Contains(write.Inode))
            RaiseChange();
    }

    internal bool IsBeingCutOff(ulong inode) => _cutOff.Contains(inode);

    internal void Close(ulong inode) => _cutOff.Add(inode);

    internal void Open(ulong inode)
    {
        _cutOff.Remove(inode);
        RaiseChange();
    }

    private ulong BeginWrite(ulong inode)
    {
        // Tickets of an owner before must not be taken for this one's.
        if (_lastTicket == 0)
            _lastTicket = _reactor.NewNumber();
        do
            _lastTicket++;
        while (_lastTicket == 0);
        _writes.Add(_lastTicket, (inode, _reactor.MonotonicNs));
        return _lastTicket;
    }

    private async ValueTask CutOffEndAsync(ulong inode)
    {
        while (_cutOff.Contains(inode) && !_isClosing)
            await _changed.WaitAsync();
    }

    // The file is shorter, as records say: what lies beyond goes, and then writes may come again.
    private async ValueTask<RecordStatus> FinishAsync(TruncationRecord truncation)
    {
        await WaitForWritesAsync(truncation.Inode);

        // Without that nobody may write: it would show what is to go, or go with it when the next owner does this.
        var status = _isClosing ? RecordStatus.Lost : await CutOffAsync(truncation);
        if (status == RecordStatus.Ok)
            Open(truncation.Inode);
        return status;
    }

    // What the owner before left undone: its writes may still be under way.
    private async ValueTask FinishLaterAsync(TruncationRecord truncation)
    {
        _jobs++;
        await FinishAsync(truncation);
        _jobs--;
        RaiseChange();
    }

    private async ValueTask<RecordStatus> CutOffAsync(TruncationRecord truncation)
    {
        if (truncation.To > truncation.From)
        {
            // Behind the end there is nothing: the last block goes as a whole, or it would stay for ever, full of zeros.
            var end = (truncation.To + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes * StoreUnits.BlockBytes;
            RecordStatus status;
            while ((status = await Data.DiscardAsync(truncation.Inode, truncation.From, end)) != RecordStatus.Ok)
            {
                // The disks that hold the contents are not those of the metadata: they may be away while this node stays the owner.
                if (_isClosing)
                    return status;
                await WaitForChangeAsync(DiscardAgainNs);
            }
        }

        return await _records.RunAsync(new DeleteOperation(Keys.Truncation(truncation.Inode)));
    }

    private async ValueTask WaitForWritesAsync(ulong inode)
    {
        var untilNs = _options.HasPredecessor ? _startedNs + _options.WriteNs : 0;
        while (!_isClosing)
        {
            var nowNs = _reactor.MonotonicNs;
            var last = untilNs;
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
            EndWrite(ticket);
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
