using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>A commit that is being gathered or written; its object and buffer are used again.</summary>
internal sealed class Commit(PageBuffer buffer, int maximumBytes)
{
    /// <summary>Its number.</summary>
    public ulong Sequence { get; set; }

    /// <summary>Where it lies, in blocks since the ring was first used.</summary>
    public long Position { get; set; }

    /// <summary>Bytes of records.</summary>
    public int PayloadBytes { get; private set; }

    /// <summary>Number of records.</summary>
    public int Records { get; private set; }

    /// <summary>Blocks that it takes.</summary>
    public int Blocks => CommitHeader.BlocksOf(PayloadBytes);

    /// <summary>True when a lane has taken it.</summary>
    public bool IsTaken { get; set; }

    /// <summary>True when it is in the space; it counts once all before it are, too.</summary>
    public bool IsWritten { get; set; }

    /// <summary>Objects that it touches.</summary>
    public List<ulong> Objects { get; } = [];

    /// <summary>Who waits until it is durable.</summary>
    public WaiterQueue Waiters { get; } = new();

    /// <summary>The whole blocks to write.</summary>
    public BufferSlice Slice => buffer.Slice(0, Blocks * MetadataLayout.BlockBytes);

    /// <summary>True when so many bytes of records still fit.</summary>
    public bool Fits(int bytes) => CommitHeader.Size + PayloadBytes + bytes <= maximumBytes;

    /// <summary>Makes it an empty one.</summary>
    public void Reset()
    {
        PayloadBytes = 0;
        Records = 0;
        IsTaken = false;
        IsWritten = false;
        Objects.Clear();
    }

    /// <summary>Adds a change.</summary>
    public void Add(RecordKey key, ReadOnlySpan<byte> value, bool isDelete)
    {
        PayloadBytes += LogRecord.Write(buffer.Slice().Span[(CommitHeader.Size + PayloadBytes)..], key, value, isDelete);
        Records++;
    }

    /// <summary>Fills the last block with zeros and writes the header.</summary>
    public uint Seal(ref CommitHeader header)
    {
        var bytes = Slice.Span;
        bytes[(CommitHeader.Size + PayloadBytes)..].Clear();
        header.Sequence = Sequence;
        header.PayloadBytes = PayloadBytes;
        header.Records = Records;
        header.Seal(bytes);
        return header.Checksum;
    }

    /// <summary>Gives the memory back.</summary>
    public void Release() => buffer.Release();
}
