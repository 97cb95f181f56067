using Uss.Runtime;

namespace Uss.Store;

/// <summary>Says what a disk holds, so that nobody formats what somebody needs.</summary>
public static class DiskProbe
{
    // Everything that is recognised lies in the first 128 KiB; a backup partition table lies in the last 1 MiB.
    private const int HeadBytes = 256 << 10;
    private const int TailBytes = 1 << 20;
    private const int SampleBytes = 64 << 10;
    private const int Samples = 16;

    private static readonly Signature[] _signatures =
    [
        new(0, "XFSB"u8.ToArray(), "XFS file system"),
        new(0, "LUKS\xba\xbe"u8.ToArray()[..4], "LUKS encrypted volume"),
        new(512, "EFI PART"u8.ToArray(), "GPT partition table"),
        new(4096, "EFI PART"u8.ToArray(), "GPT partition table"),
        new(512, "LABELONE"u8.ToArray(), "LVM physical volume"),
        new(0, "LABELONE"u8.ToArray(), "LVM physical volume"),
        new(1024, "LABELONE"u8.ToArray(), "LVM physical volume"),
        new(1536, "LABELONE"u8.ToArray(), "LVM physical volume"),
        new(65536 + 64, "_BHRfS_M"u8.ToArray(), "Btrfs file system"),
        new(4096 - 10, "SWAPSPACE2"u8.ToArray(), "swap space"),
        new(3, "NTFS    "u8.ToArray(), "NTFS file system"),
        new(3, "EXFAT   "u8.ToArray(), "exFAT file system"),
        new(82, "FAT32   "u8.ToArray(), "FAT file system"),
        new(54, "FAT1"u8.ToArray(), "FAT file system"),
        new(32769, "CD001"u8.ToArray(), "ISO 9660 image"),
        new(0, "QFI\xfb"u8.ToArray()[..3], "QCOW2 image"),
        new(0, "bluestore block device"u8.ToArray(), "Ceph BlueStore"),
        new(4096, [0xfc, 0x4e, 0x2b, 0xa9], "Linux software RAID member"),
        new(0, [0xfc, 0x4e, 0x2b, 0xa9], "Linux software RAID member"),
        new(0x18, [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca], "bcache device"),
    ];

    /// <summary>Reads a little of the disk and says what is on it; a fault when it cannot be read.</summary>
    /// <param name="reactor">The reactor that owns the disk.</param>
    /// <param name="disk">The disk; read-only will do.</param>
    public static async ValueTask<Result<DiskContent>> ProbeAsync(Reactor reactor, IDisk disk)
    {
        var buffer = reactor.Buffers.Rent(TailBytes);
        try
        {
            var head = (int)Math.Min(HeadBytes, disk.SizeBytes / 4096 * 4096);
            if (head > 0 && await disk.ReadAsync(0, buffer.Slice(0, head)) is { IsOk: false } failed)
                return Unreadable(disk, failed);
            if (Recognise(buffer.Slice(0, head).Span) is { } content)
                return content;
            if (buffer.Slice(0, head).Span.ContainsAnyExcept((byte)0))
                return Unknown;
            return await ProbeRestAsync(disk, buffer);
        }
        finally
        {
            buffer.Release();
        }
    }

    /// <summary>What the first bytes of a disk are; null when they are nothing known.</summary>
    internal static DiskContent? Recognise(ReadOnlySpan<byte> head)
    {
        foreach (var offset in (ReadOnlySpan<int>)[(int)StoreFormat.SuperblockAOffset, (int)StoreFormat.SuperblockBOffset])
        {
            if (head.Length < offset + Superblock.Bytes || !Superblock.HasMagic(head[offset..]))
                continue;
            var page = head.Slice(offset, Superblock.Bytes);
            return Superblock.TryRead(page, out var superblock)
                ? new DiskContent(false, superblock.DiskId, $"USS disk {superblock.DiskId}")
                : new DiskContent(false, new Guid(page.Slice(16, 16)), "USS disk with a damaged superblock");
        }

        foreach (var signature in _signatures)
        {
            if (signature.Matches(head))
                return new DiskContent(false, null, signature.Description);
        }

        // The ext family: magic 0xEF53 at 1080; journal, extents and 64bit features tell the generation.
        if (head.Length >= 2048 && head[1080] == 0x53 && head[1081] == 0xEF)
        {
            var hasExtents = (head[1024 + 0x60] & 0x40) != 0;
            var hasJournal = (head[1024 + 0x5C] & 0x04) != 0;
            return new DiskContent(false, null, (hasExtents ? "ext4" : hasJournal ? "ext3" : "ext2") + " file system");
        }

        return head.Length >= 512 && head[510] == 0x55 && head[511] == 0xAA
            ? new DiskContent(false, null, "MBR partition table or boot sector")
            : null;
    }

    private static DiskContent Unknown => new(false, null, "unknown data");

    private static Fault Unreadable(IDisk disk, IoResult failed) =>
        new("disk-unreadable", $"{disk.Path} cannot be read: {Errno.Describe(failed.Error)}.", "Check the disk.");

    // Zeros at the start do not make a disk empty: looks at its end and at samples across it.
    private static async ValueTask<Result<DiskContent>> ProbeRestAsync(IDisk disk, PageBuffer buffer)
    {
        var size = disk.SizeBytes / 4096 * 4096;
        var tail = (int)Math.Min(TailBytes, size);
        if (tail > 0 && await disk.ReadAsync(size - tail, buffer.Slice(0, tail)) is { IsOk: false } failed)
            return Unreadable(disk, failed);
        if (buffer.Slice(0, tail).Span.ContainsAnyExcept((byte)0))
        {
            var isTable = buffer.Slice(0, tail).Span.IndexOf("EFI PART"u8) >= 0;
            return isTable ? new DiskContent(false, null, "backup GPT partition table") : Unknown;
        }

        for (var i = 1; i <= Samples; i++)
        {
            var offset = size / (Samples + 1) * i / 4096 * 4096;
            var length = (int)Math.Min(SampleBytes, size - offset);
            if (length <= 0)
                break;
            if (await disk.ReadAsync(offset, buffer.Slice(0, length)) is { IsOk: false } unreadable)
                return Unreadable(disk, unreadable);
            if (buffer.Slice(0, length).Span.ContainsAnyExcept((byte)0))
                return Unknown;
        }

        return new DiskContent(true, null, "empty");
    }

    private sealed record Signature(int Offset, byte[] Bytes, string Description)
    {
        public bool Matches(ReadOnlySpan<byte> head) =>
            head.Length >= Offset + Bytes.Length && head.Slice(Offset, Bytes.Length).SequenceEqual(Bytes);
    }
}
