using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

// Copies of a WRITE: a client that hears nothing sends it again, by another front-end too. Once one copy is answered, the client may write
// other data to the same place, which none of the other copies may replace: so at most one writes at a time, and none after one that has
// written. The owner knows it of all writes of its term, and notes it, a moment later, for the owners after it.
public sealed partial class FileService
{
    private const long CopyLookNs = 20_000_000;
    private const long SaveNs = 20_000_000;
    private const int SavedAtOnce = 64;

    private readonly Dictionary<ulong, ulong> _copies = [];
    private readonly HashSet<ulong> _written = [];
    private readonly Queue<ulong> _unsaved = new();
    private long _termBeganNs;
    private bool _isSaving;

    /// <summary>Another copy of the call writes now, or may do so.</summary>
    internal bool IsCopyUnderWay(FileCall call) =>
        _copies.TryGetValue(FileOperation.ReplyKeyOf(call), out var ticket) && IsOther(ticket, call.Copy);

    /// <summary>Data of the call with this key is there, which may not be noted yet.</summary>
    internal bool IsWritten(ulong key) => _written.Contains(key);

    /// <summary>A write that was noted at this time may still take effect, though this owner knows nothing of it.</summary>
    internal bool MayBeUnderWay(long notedNs) => notedNs < _termBeganNs && _reactor.MonotonicNs < _foreignWritesUntilNs;

    private void BeginCopy(ulong ticket, ulong key, ulong copy)
    {
        if (!_copies.TryGetValue(key, out var other) || !IsOther(other, copy))
            _copies[key] = ticket;
    }

    private bool IsOther(ulong ticket, ulong copy)
    {
        var write = _writes[ticket];
        return write.Copy != copy && _reactor.MonotonicNs < write.BeganNs + _options.WriteNs;
    }

    private void EndCopy(ulong ticket, ulong key)
    {
        if (_copies.TryGetValue(key, out var last) && last == ticket)
            _copies.Remove(key);
    }

    private void NoteWritten(ulong key)
    {
        if (_isClosing || !_written.Add(key))
            return;
        _unsaved.Enqueue(key);
        if (!_isSaving)
            _reactor.Spawn(SaveAsync());
    }

    // Many at a time and not at once: it is for owners that come after this one, and copies that come later still.
    private async ValueTask SaveAsync()
    {
        _isSaving = true;
        _jobs++;
        var operation = new NoteWrittenOperation();
        while (_unsaved.Count > 0 && !_isClosing)
        {
            await _reactor.DelayAsync(SaveNs);
            while (_unsaved.Count > 0 && !_isClosing)
            {
                while (_unsaved.Count > 0 && operation.Keys.Count < SavedAtOnce)
                    operation.Keys.Add(_unsaved.Dequeue());
                if (await RunUntilDoneAsync(operation) != RecordStatus.Ok)
                    break;
                foreach (var key in operation.Keys)
                    _written.Remove(key);
                operation.Keys.Clear();
            }
        }

        _jobs--;
        _isSaving = false;
        RaiseChange();
    }
}
