using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class LayoutTests
{
    private static readonly MetadataSuperblock _superblock = new()
    {
        Version = MetadataLayout.Version,
        FileSystem = 0x0102030405060708,
        Generation = 0x1112131415161718,
        LogBytes = 64 << 20,
        Root = new PageReference(0x2122, 0x3132333435363738),
        RootLevel = 2,
        NextPage = 0x4142,
        UsedPages = 0x5152,
        Records = 0x6162,
        LogPosition = 0x7172,
        NextSequence = 0x8182,
        PreviousLife = 0x9192,
        PreviousChecksum = 0xA1A2A3A4,
        CreatedUtcTicks = 0xB1B2,
    };

    [Test]
    public void The_structures_are_as_large_as_their_pictures()
    {
        Assert.That(Marshal.SizeOf<PageHeader>(), Is.EqualTo(PageHeader.Size));
        Assert.That(Marshal.SizeOf<CommitHeader>(), Is.EqualTo(CommitHeader.Size));
        Assert.That(Marshal.SizeOf<BitmapBlock>(), Is.EqualTo(BitmapBlock.HeaderBytes));
        Assert.That(Marshal.SizeOf<PageReference>(), Is.EqualTo(PageReference.Size));
        Assert.That((long)BitmapBlock.Pages * Page.Size % MetadataLayout.ObjectBytes, Is.Zero);
    }

    [Test]
    public void The_fields_of_the_superblock_stand_where_the_picture_has_them()
    {
        var block = new byte[MetadataSuperblock.Size];
        var superblock = _superblock;
        superblock.Write(block, [0xC1, 0xC2]);
        var expected = "5553534D45544131" + "????????" + "01000000" + "0807060504030201" + "1817161514131211" + "0000000400000000"
            + "2221000000000000" + "3837363534333231" + "02000000" + "00000000" + "4241000000000000" + "5251000000000000"
            + "6261000000000000" + "7271000000000000" + "8281000000000000" + "9291000000000000" + "A4A3A2A1" + "00000000" + "B2B1000000000000";
        var actual = Convert.ToHexString(block, 0, 128);
        Assert.That(actual[..16] + "????????" + actual[24..], Is.EqualTo(expected));
        Assert.That(Convert.ToHexString(block, 2048, 3), Is.EqualTo("C1C200"));
        Assert.That(MetadataSuperblock.TryParse(block, out var read));
        Assert.That(read.Root, Is.EqualTo(_superblock.Root));
        Assert.That(read.NextSequence, Is.EqualTo(_superblock.NextSequence));
    }

    [Test]
    public void A_superblock_that_was_changed_anywhere_is_none()
    {
        var block = new byte[MetadataSuperblock.Size];
        var superblock = _superblock;
        superblock.Write(block, default);
        CheckBitFlips(block, () => MetadataSuperblock.TryParse(block, out _));
    }

    [Test]
    public void A_bitmap_block_that_was_changed_anywhere_is_none()
    {
        var block = new byte[BitmapBlock.Size];
        var words = new ulong[BitmapBlock.Words];
        words[3] = 0xF0F0;
        new BitmapBlock { Number = 5, Generation = 9, FileSystem = 1 }.Write(block, words);
        var read = new ulong[BitmapBlock.Words];
        CheckBitFlips(block, () => BitmapBlock.TryParse(block, 5, 1, read));
        Assert.That(BitmapBlock.TryParse(block, 4, 1, read), Is.False);
        Assert.That(BitmapBlock.TryParse(block, 5, 2, read), Is.False);
        Assert.That(BitmapBlock.TryParse(block, 5, 1, read));
        Assert.That(read, Is.EqualTo(words));
    }

    [Test]
    public void A_commit_that_was_changed_anywhere_is_none()
    {
        var block = new byte[4096];
        var length = LogRecord.Write(block.AsSpan(CommitHeader.Size), new RecordKey(1, 2), [3, 4, 5], isDelete: false);
        length += LogRecord.Write(block.AsSpan(CommitHeader.Size + length), new RecordKey(6, 7), default, isDelete: true);
        var header = new CommitHeader { Sequence = 8, Life = 9, FirstSequence = 8, PayloadBytes = length, Records = 2, FileSystem = 1 };
        header.Seal(block);
        CheckBitFlips(block.AsMemory(0, CommitHeader.Size + length), () => CommitHeader.TryParse(block, out _));
        Assert.That(CommitHeader.TryParse(block.AsSpan(0, CommitHeader.Size + length - 1), out _), Is.False);
        Assert.That(CommitHeader.TryParse(block, out var read));
        Assert.That(read.Checksum, Is.EqualTo(header.Checksum));
        ReadOnlySpan<byte> records = block.AsSpan(CommitHeader.Size, length);
        Assert.That(LogRecord.TryTake(ref records, out var key, out var value, out var isDelete));
        Assert.That((key, value.Length, isDelete), Is.EqualTo((new RecordKey(1, 2), 3, false)));
        Assert.That(LogRecord.TryTake(ref records, out key, out _, out isDelete));
        Assert.That((key, isDelete, records.Length), Is.EqualTo((new RecordKey(6, 7), true, 0)));
    }

    [Test]
    public void Any_bytes_can_be_read_as_records()
    {
        var random = new SeededRandom(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(200)];
            random.Fill(bytes);
            if (bytes.Length > 3 && random.Chance(0.8))
                (bytes[0], bytes[3]) = ((byte)(1 + random.Next(2)), 0);
            ReadOnlySpan<byte> records = bytes;
            var taken = 0;
            while (LogRecord.TryTake(ref records, out _, out var value, out _))
                taken += LogRecord.HeaderBytes + value.Length;
            Invariant.Check(taken == bytes.Length - records.Length);
        }
    }

    [Test]
    public void A_commit_follows_only_the_one_that_its_writer_has_known()
    {
        var commit = new CommitHeader { Sequence = 10, Life = 3, FirstSequence = 7, PreviousChecksum = 0xAA };
        Assert.That(commit.Follows(10, 3, 0xAA));
        Assert.That(commit.Follows(11, 3, 0xAA), Is.False);
        Assert.That(commit.Follows(10, 3, 0xAB), Is.False);
        Assert.That(commit.Follows(10, 4, 0xAA), Is.False, "another life wrote the one before it");
        commit.FirstSequence = 10;
        Assert.That(commit.Follows(10, 2, 0xAA));
        Assert.That(commit.Follows(10, 3, 0xAA), Is.False, "the first of a life follows one of another life");
    }

    [Test]
    public void No_commit_lies_across_the_edge_of_an_object_or_of_the_ring()
    {
        var ring = new LogRing((4 << 20) + (64 << 10));
        var random = new SeededRandom(1);
        var position = 0L;
        for (var commit = 0; commit < 10_000; commit++)
        {
            var blocks = 1 + random.Next(16);
            position = ring.Place(position, blocks);
            var offset = ring.OffsetOf(position);
            Invariant.Check(offset / (4 << 20) == (offset + (blocks * 4096) - 1) / (4 << 20));
            Invariant.Check(offset + (blocks * 4096) <= MetadataLayout.LogOffset + ring.LogBytes);
            position += blocks;
        }
    }

    private static void CheckBitFlips(Memory<byte> bytes, Func<bool> isBelieved)
    {
        Assert.That(isBelieved());
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes.Span[bit / 8] ^= (byte)(1 << (bit % 8));
            Invariant.Check(!isBelieved());
            bytes.Span[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }
}
