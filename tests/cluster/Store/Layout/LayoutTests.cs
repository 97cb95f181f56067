using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed class LayoutTests
{
    private static readonly StoreGeometry _geometry = StoreGeometry.Plan("test", 64 << 20, StoreRig.SmallFormat).Value;

    [Test]
    public void Structures_have_the_sizes_of_the_format()
    {
        Assert.That(Unsafe.SizeOf<Superblock>(), Is.EqualTo(4096));
        Assert.That(Unsafe.SizeOf<TableEntry>(), Is.EqualTo(64));
        Assert.That(Unsafe.SizeOf<LogBatchHeader>(), Is.EqualTo(64));
        Assert.That(Unsafe.SizeOf<LogRecord>(), Is.EqualTo(32));
        Assert.That(Unsafe.SizeOf<Extent>(), Is.EqualTo(8));
        Assert.That(Unsafe.SizeOf<ChunkEntry>(), Is.EqualTo(8));
        Assert.That(Unsafe.SizeOf<MapEntry>(), Is.EqualTo(16));
        Assert.That(Unsafe.SizeOf<LayerState>(), Is.EqualTo(LayerState.Bytes));
        Assert.That(MapImage.PagesFor(StoreUnits.BlocksPerObject), Is.EqualTo(MapImage.MaximumPages));
    }

    [Test]
    public void Zones_follow_each_other_and_fill_the_disk()
    {
        foreach (var size in new[] { 32L << 20, 20L << 30, 1L << 40, 16L << 40 })
        {
            var geometry = StoreGeometry.Plan("test", size, new StoreFormatOptions()).Value;
            Assert.That(geometry.FindFlaw(), Is.Null);
            Assert.That(geometry.CheckpointStart(0), Is.EqualTo(geometry.LogStart + geometry.LogBytes));
            Assert.That(geometry.TableChunkOffset(0, geometry.TableChunks), Is.EqualTo(geometry.CheckpointStart(1)));
            Assert.That(geometry.DataStart + (geometry.DataBlocks * 4096), Is.EqualTo(size));
            Assert.That(geometry.DataBlocks * 4096, Is.GreaterThan(size * (size < 1 << 30 ? 0.3 : 0.95)));
        }
    }

    [Test]
    public void A_superblock_is_read_back_and_any_flipped_bit_is_noticed()
    {
        var page = new byte[Superblock.Bytes];
        new Superblock { DiskId = new Guid("01234567-89ab-cdef-0123-456789abcdef"), Generation = 7, SizeBytes = 1 << 30 }.Write(page);
        Assert.That(Superblock.TryRead(page, out var read));
        Assert.That((read.Generation, read.SizeBytes, read.FormatVersion), Is.EqualTo((7UL, 1L << 30, StoreFormat.Version)));
        for (var bit = 0; bit < page.Length * 8; bit += 97)
        {
            page[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(Superblock.TryRead(page, out _), Is.False);
            page[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test]
    public void A_record_is_read_back()
    {
        var address = (ulong)_geometry.FirstDataAddress;
        var record = new LogRecord { Kind = LogRecordKind.Write, Space = 9, Index = 4, Sequence = 2, Version = 77 };
        (record.FirstBlock, record.BlockCount) = (5, 3);
        Extent[] extents = [new(address + 8, 2), new(address + 1, 1)];
        uint[] checksums = [1, 2, 3];
        var bytes = new byte[128];
        var length = record.Write(bytes, extents, checksums);
        Assert.That(length % 8, Is.Zero);
        Assert.That(LogRecord.TryRead(bytes.AsSpan(0, length), _geometry, out var view));
        Assert.That(view.Record.Version, Is.EqualTo(77));
        Assert.That(view.Record.Id, Is.EqualTo(new ObjectId(9, 4)));
        Assert.That(view.Extents.ToArray(), Is.EqualTo(extents));
        Assert.That(view.Checksums.ToArray(), Is.EqualTo(checksums));
    }

    [Test]
    public void No_bytes_make_a_parser_throw()
    {
        var random = new SeededRandom(3);
        Prop.ForAll<byte[]>(bytes => TryAll(bytes)).QuickCheckThrowOnFailure();
        for (var i = 0; i < 3000; i++)
        {
            var bytes = new byte[random.Next(600)];
            random.Fill(bytes);
            if (bytes.Length >= 4 && random.Chance(0.7))
            {
                bytes[0] = (byte)(1 + random.Next(8));
                bytes[1] = 0;
                BitConverter.TryWriteBytes(bytes.AsSpan(2), (ushort)random.Next(bytes.Length));
            }

            TryAll(bytes);
        }
    }

    [Test]
    public unsafe void A_map_image_is_read_back_and_one_of_another_state_is_refused()
    {
        var map = LayerMap.Create();
        for (var block = 0; block < 1024; block += 3)
            map = LayerMap.Set(map, block, Entry(block), out _);
        LayerMap.SetBase(map, 11);
        var image = new byte[MapImage.MaximumBytes];
        var id = new ObjectId(1, 2);
        var pages = MapImage.Write(image, 99, id, 3, 1234, map);
        var expected = new TableEntry { Space = 1, Index = 2, Sequence = 3, ImageLsn = 1234, PageCount = (byte)pages };
        var read = MapImage.Read(image.AsSpan(0, pages * 4096), 99, expected, _geometry);
        Assert.That(read != null);
        Assert.That(LayerMap.EntriesOf(read).SequenceEqual(LayerMap.EntriesOf(map)));
        Assert.That(read->BaseVersion, Is.EqualTo(11));
        expected.ImageLsn++;
        Assert.That(MapImage.Read(image.AsSpan(0, pages * 4096), 99, expected, _geometry) == null, "an older image");
        expected.ImageLsn--;
        image[300] ^= 1;
        Assert.That(MapImage.Read(image.AsSpan(0, pages * 4096), 99, expected, _geometry) == null, "a flipped bit");
        LayerMap.Free(map);
        LayerMap.Free(read);
    }

    private static MapEntry Entry(int block) =>
        block % 2 == 0
            ? MapEntry.Hole((ulong)block + 1)
            : new MapEntry((ulong)(_geometry.FirstDataAddress + block), (ulong)block + 1, (uint)block);

    private static bool TryAll(byte[] bytes)
    {
        LogRecord.TryRead(bytes, _geometry, out _);
        LogBatchHeader.TryRead(bytes, 65536, out _);
        Superblock.TryRead(bytes, out _);
        MapImage.TryReadHeader(bytes, out _);
        DiskProbe.Recognise(bytes);
        return true;
    }
}
