using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>One run of an operation: it reads the tree, and gathers its changes beside it until they are applied.</summary>
internal sealed class StoreTransaction(RecordTree tree) : RecordTransaction
{
    private readonly List<ulong> _objects = [];
    private PendingChange[] _changes = new PendingChange[16];
    private byte[] _values = new byte[4096];
    private int _valueBytes;
    private bool _isIncomplete;
    private bool _notesReads;

    /// <inheritdoc/>
    public override bool IsIncomplete => _isIncomplete;

    /// <summary>The changes, in the order of their keys.</summary>
    public ReadOnlySpan<PendingChange> Changes => _changes.AsSpan(0, Count);

    /// <summary>Number of changes.</summary>
    public int Count { get; private set; }

    /// <summary>What the changes take in the log.</summary>
    public int LogBytes { get; private set; }

    /// <summary>The objects whose records, or whose lack of records, were seen; when noted.</summary>
    public List<ulong> Objects => _objects;

    /// <summary>True when the range of a search went over several objects: it may have seen that any record is absent.</summary>
    public bool HasSeenAll { get; private set; }

    /// <summary>Makes it ready for a run.</summary>
    /// <param name="notesReads">True when something that is not durable could be seen.</param>
    public void Begin(bool notesReads)
    {
        _objects.Clear();
        _valueBytes = 0;
        _isIncomplete = false;
        _notesReads = notesReads;
        Count = 0;
        LogBytes = 0;
        HasSeenAll = false;
    }

    /// <summary>The value of a change.</summary>
    public ReadOnlySpan<byte> ValueOf(in PendingChange change) => _values.AsSpan(change.Offset, change.Length);

    /// <inheritdoc/>
    public override bool TryGet(RecordKey key, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (_isIncomplete)
            return false;
        var index = FindChange(key, out var isChanged);
        if (isChanged)
        {
            value = ValueOf(_changes[index]);
            return !_changes[index].IsDelete;
        }

        Note(key, key);
        _isIncomplete = !tree.TryFind(key, out var isFound, out value);
        return isFound;
    }

    /// <inheritdoc/>
    public override bool TryGetNext(RecordKey from, RecordKey to, out RecordKey key, out ReadOnlySpan<byte> value)
    {
        key = default;
        value = default;
        while (!_isIncomplete && from.CompareTo(to) <= 0)
        {
            if (!tree.TryFindNext(from, to, out var isFound, out key, out value))
            {
                _isIncomplete = true;
                break;
            }

            Note(from, isFound ? key : to);
            var index = FindChange(from, out _);
            if (index == Count || _changes[index].Key.CompareTo(isFound ? key : to) > 0)
                return isFound;
            key = _changes[index].Key;
            value = ValueOf(_changes[index]);
            if (!_changes[index].IsDelete)
                return true;
            if (key == RecordKey.Maximum)
                break;
            from = key.Low == ulong.MaxValue ? new RecordKey(key.High + 1, 0) : key with { Low = key.Low + 1 };
        }

        key = default;
        value = default;
        return false;
    }

    /// <inheritdoc/>
    public override void Put(RecordKey key, ReadOnlySpan<byte> value)
    {
        Invariant.Check(value.Length <= MaximumValueBytes);
        if (_isIncomplete)
            return;

        // The old array stays as it is, so that a value may be one that this transaction has returned.
        var old = _values;
        if (_valueBytes + value.Length > _values.Length)
        {
            _values = new byte[Math.Max(_values.Length * 2, _valueBytes + value.Length)];
            old.AsSpan(0, _valueBytes).CopyTo(_values);
        }

        value.CopyTo(_values.AsSpan(_valueBytes));
        Change(key) = new PendingChange(key, _valueBytes, value.Length, false);
        _valueBytes += value.Length;
        LogBytes += LogRecord.HeaderBytes + value.Length;
    }

    /// <inheritdoc/>
    public override void Delete(RecordKey key)
    {
        if (_isIncomplete)
            return;
        Change(key) = new PendingChange(key, 0, 0, true);
        LogBytes += LogRecord.HeaderBytes;
    }

    private ref PendingChange Change(RecordKey key)
    {
        var index = FindChange(key, out var isChanged);
        if (isChanged)
        {
            LogBytes -= LogRecord.HeaderBytes + _changes[index].Length;
            return ref _changes[index];
        }

        if (Count == _changes.Length)
            Array.Resize(ref _changes, Count * 2);
        _changes.AsSpan(index, Count - index).CopyTo(_changes.AsSpan(index + 1));
        Count++;
        return ref _changes[index];
    }

    private int FindChange(RecordKey key, out bool isFound)
    {
        var low = 0;
        var high = Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_changes[middle].Key.CompareTo(key) < 0)
                low = middle + 1;
            else
                high = middle;
        }

        isFound = low < Count && _changes[low].Key == key;
        return low;
    }

    private void Note(RecordKey from, RecordKey to)
    {
        if (!_notesReads)
            return;
        var first = RecordObject.Of(from);
        if (RecordObject.Of(to) != first)
            HasSeenAll = true;
        else if (_objects.Count == 0 || _objects[^1] != first)
            _objects.Add(first);
    }
}
