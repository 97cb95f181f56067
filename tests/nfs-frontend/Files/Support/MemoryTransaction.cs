using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>One run of an operation on <see cref="MemoryRecordStore"/>. A value that it gave out is spoilt by its next call.</summary>
internal sealed class MemoryTransaction(MemoryRecordStore store, int looks) : RecordTransaction
{
    private readonly SortedDictionary<RecordKey, byte[]?> _changes = [];
    private byte[] _given = [];

    public override bool IsIncomplete => looks < 0;

    public bool HasChanges => _changes.Count > 0;

    public override bool TryGet(RecordKey key, out ReadOnlySpan<byte> value)
    {
        Spoil();
        value = default;
        if (--looks < 0)
            return false;
        return Give(Find(key), out value);
    }

    public override bool TryGetNext(RecordKey from, RecordKey to, out RecordKey key, out ReadOnlySpan<byte> value)
    {
        Spoil();
        key = default;
        value = default;
        if (--looks < 0)
            return false;
        var next = store.Next(from, to);
        while (next is { } there && _changes.TryGetValue(there, out var changed) && changed is null)
            next = there == to ? null : store.Next(After(there), to);
        foreach (var (changedKey, changed) in _changes)
        {
            if (changed is not null && changedKey >= from && changedKey <= to && (next is null || changedKey < next))
                next = changedKey;
        }

        if (next is not { } found)
            return false;
        key = found;
        return Give(Find(found), out value);
    }

    public override void Put(RecordKey key, ReadOnlySpan<byte> value)
    {
        Assert.That(value.Length, Is.LessThanOrEqualTo(MaximumValueBytes));
        var copy = value.ToArray();
        Spoil();
        if (!IsIncomplete)
            _changes[key] = copy;
    }

    public override void Delete(RecordKey key)
    {
        Spoil();
        if (!IsIncomplete)
            _changes[key] = null;
    }

    public void Apply()
    {
        foreach (var (key, value) in _changes)
        {
            if (value is null)
                store.Delete(key);
            else
                store.Put(key, value);
        }
    }

    private static RecordKey After(RecordKey key) => key.Low == ulong.MaxValue ? new RecordKey(key.High + 1, 0) : key with { Low = key.Low + 1 };

    private byte[]? Find(RecordKey key) => _changes.TryGetValue(key, out var changed) ? changed : store.Get(key);

    private bool Give(byte[]? found, out ReadOnlySpan<byte> value)
    {
        _given = found is null ? [] : (byte[])found.Clone();
        value = _given;
        return found is not null;
    }

    private void Spoil() => _given.AsSpan().Fill(0xDD);
}
