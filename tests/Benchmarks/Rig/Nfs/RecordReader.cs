using Uss.NfsFrontend.OncRpc;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>Gathers what a stream brings and gives the records in it (RFC 5531, 11), into however many fragments they are cut.</summary>
internal sealed class RecordReader
{
    private byte[] _bytes = new byte[256 << 10];
    private int _start;
    private int _end;

    /// <summary>Room for what comes next, never empty; <see cref="Advance"/> says how much of it came. It ends the life of a record.</summary>
    public Span<byte> Room()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _bytes.Length && _start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _bytes.Length)
        {
            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        return _bytes.AsSpan(_end);
    }

    /// <summary>Takes note that so many bytes came into the room.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>Gives the next record, without marks; false when it has not come as a whole.</summary>
    public bool TryRead(out ReadOnlySpan<byte> record)
    {
        record = default;
        var at = _start;
        RecordMark mark;
        do
        {
            if (_end - at < RecordMark.Size)
                return false;
            mark = RecordMark.Read(_bytes.AsSpan(at));
            if (_end - at - RecordMark.Size < mark.Length)
                return false;
            at += RecordMark.Size + mark.Length;
        }
        while (!mark.IsLast);

        var length = Join(_start);
        record = _bytes.AsSpan(_start + RecordMark.Size, length);
        _start = at;
        return true;
    }

    // Moves the further fragments behind the first one, over their marks; gives the length of all.
    private int Join(int start)
    {
        var mark = RecordMark.Read(_bytes.AsSpan(start));
        var end = start + RecordMark.Size + mark.Length;
        for (var next = end; !mark.IsLast; next += RecordMark.Size + mark.Length)
        {
            mark = RecordMark.Read(_bytes.AsSpan(next));
            _bytes.AsSpan(next + RecordMark.Size, mark.Length).CopyTo(_bytes.AsSpan(end));
            end += mark.Length;
        }

        return end - start - RecordMark.Size;
    }
}
