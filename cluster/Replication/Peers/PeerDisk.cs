namespace Uss.Replication;

/// <summary>A disk of another node: what it can take, as it last told, and what was written there since.</summary>
public sealed class PeerDisk
{
    private long _writtenBytes;
    private long _writtenWhenAsked;
    private long _writtenWhenTold;

    /// <summary>Bytes that the disk can take from all nodes together, as it last told.</summary>
    public long RoomBytes { get; private set; }

    /// <summary>What was written there since the disk was asked for <see cref="RoomBytes"/>, which may count it or not.</summary>
    internal long WrittenSinceBytes => _writtenBytes - _writtenWhenTold;

    internal void NoteWrite(int bytes) => _writtenBytes += bytes;

    internal void NoteQuestion() => _writtenWhenAsked = _writtenBytes;

    internal void NoteAnswer(long roomBytes)
    {
        RoomBytes = roomBytes;
        _writtenWhenTold = _writtenWhenAsked;
    }
}
