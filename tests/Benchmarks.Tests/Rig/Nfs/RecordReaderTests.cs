using Uss.NfsFrontend.OncRpc;

namespace Uss.Benchmarks.Rig.Nfs.Tests;

public sealed class RecordReaderTests
{
    [Test]
    public void RecordsComeOutHoweverTheStreamIsCut([Values(1, 3, 4, 7, 1000)] int piece, [Values(1, 5, 64)] int fragment)
    {
        byte[][] sent = [[.. Enumerable.Range(0, 20).Select(value => (byte)value)], [7], [.. Enumerable.Repeat((byte)9, 64)]];
        var stream = sent.SelectMany(record => Record(record, fragment)).ToArray();
        var reader = new RecordReader();
        var received = new List<byte[]>();
        for (var at = 0; at < stream.Length; at += piece)
        {
            Receive(reader, stream.AsSpan(at, Math.Min(piece, stream.Length - at)));
            while (reader.TryRead(out var record))
                received.Add(record.ToArray());
        }

        Assert.That(received, Is.EqualTo(sent));
    }

    [Test]
    public void ARecordMayBeLongerThanTheRoomAtFirst()
    {
        var sent = new byte[3_000_000];
        Random.Shared.NextBytes(sent);
        var reader = new RecordReader();
        Receive(reader, Record([1, 2, 3], 3));
        Receive(reader, Record(sent, 1 << 20));
        Assert.That(reader.TryRead(out var first) && first.SequenceEqual((byte[])[1, 2, 3]));
        Assert.That(reader.TryRead(out var second) && second.SequenceEqual(sent));
        Assert.That(reader.TryRead(out _), Is.False);
    }

    private static void Receive(RecordReader reader, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var room = reader.Room();
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            reader.Advance(count);
            bytes = bytes[count..];
        }
    }

    private static byte[] Record(byte[] message, int fragment)
    {
        var record = new List<byte>();
        var mark = new byte[RecordMark.Size];
        for (var at = 0; at < message.Length; at += fragment)
        {
            var length = Math.Min(fragment, message.Length - at);
            new RecordMark(length, at + length == message.Length).Write(mark);
            record.AddRange(mark);
            record.AddRange(message.AsSpan(at, length));
        }

        return [.. record];
    }
}
