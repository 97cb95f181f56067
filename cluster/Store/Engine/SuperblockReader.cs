using Uss.Runtime;

namespace Uss.Store;

/// <summary>Finds the superblock that counts, or says why a disk cannot be used.</summary>
internal static class SuperblockReader
{
    private const string RestoreRemedy = "Replace the disk and restore its data from the other copies.";

    /// <summary>Reads both superblocks and takes the newer valid one.</summary>
    public static async ValueTask<Result<FoundSuperblock>> ReadAsync(Reactor reactor, IDisk disk, StoreOptions options)
    {
        if (disk.SizeBytes < StoreFormat.LogOffset)
            return NotOurs(disk, $"it has only {disk.SizeBytes} bytes");
        var buffer = reactor.Buffers.Rent(2 * Superblock.Bytes);
        var reads = new IoResult[2];
        for (var area = 0; area < 2; area++)
        {
            var page = buffer.Slice(area * Superblock.Bytes, Superblock.Bytes);
            page.Span.Clear();
            reads[area] = await disk.ReadAsync(Superblock.OffsetOf(area), page);
        }

        var chosen = Choose(disk, buffer.Slice(0, 2 * Superblock.Bytes).Span, reads);
        buffer.Release();
        if (chosen.Fault?.Code == "not-a-uss-disk" && await DiskProbe.ProbeAsync(reactor, disk) is { IsOk: true } content)
            return NotOurs(disk, $"it holds: {content.Value.Description}");
        return chosen.IsOk && Judge(disk, chosen.Value.Superblock, options) is { } flaw ? flaw : chosen;
    }

    private static Result<FoundSuperblock> Choose(IDisk disk, ReadOnlySpan<byte> pages, IoResult[] reads)
    {
        Superblock newest = default;
        bool isAnyValid = false, isAnyOurs = false, isAnyDamaged = false;
        for (var area = 0; area < 2; area++)
        {
            var page = pages.Slice(area * Superblock.Bytes, Superblock.Bytes);
            isAnyOurs |= Superblock.HasMagic(page);

            // One of the other place, or of a generation that belongs there, is a misdirected write.
            if (!reads[area].IsOk || !Superblock.TryRead(page, out var superblock) || superblock.Area != area)
            {
                isAnyDamaged |= !reads[area].IsOk || page.ContainsAnyExcept((byte)0);
                continue;
            }

            if (superblock.FormatVersion > StoreFormat.Version)
            {
                return new Fault(
                    "disk-format-newer",
                    $"{disk.Path} has format version {superblock.FormatVersion}; this program knows versions up to {StoreFormat.Version}.",
                    "Use the newer program that wrote it.");
            }

            if (!isAnyValid || superblock.Generation > newest.Generation)
                newest = superblock;
            isAnyValid = true;
        }

        if (isAnyValid)
            return new FoundSuperblock(newest, isAnyDamaged);
        foreach (var read in reads)
        {
            if (read.IsOk)
                continue;
            return new Fault(
                "disk-unreadable", $"The superblocks of {disk.Path} cannot be read: {Errno.Describe(read.Error)}.", RestoreRemedy);
        }

        return isAnyOurs
            ? new Fault("superblock-damaged", $"Both superblocks of {disk.Path} are damaged.", RestoreRemedy)
            : NotOurs(disk, string.Empty);
    }

    private static Fault? Judge(IDisk disk, in Superblock superblock, StoreOptions options)
    {
        if (options.ExpectedDiskId is { } expected && expected != superblock.DiskId)
        {
            return new Fault(
                "disk-wrong",
                $"{disk.Path} is disk {superblock.DiskId}, not disk {expected}.",
                "Check which disk is where.");
        }

        if (superblock.Geometry.FindFlaw() is { } flaw)
            return new Fault("superblock-damaged", $"The superblock of {disk.Path} is damaged: {flaw}.", RestoreRemedy);
        return superblock.SizeBytes <= disk.SizeBytes ? null : new Fault(
            "disk-truncated",
            $"{disk.Path} has {disk.SizeBytes} bytes but was formatted with {superblock.SizeBytes}; its end is missing.",
            "Restore the file's or device's full size; what lay behind its present end must come from the other copies.");
    }

    private static Fault NotOurs(IDisk disk, string why) =>
        new(
            "not-a-uss-disk",
            $"{disk.Path} is not a disk of USS{(why.Length > 0 ? ": " + why : string.Empty)}.",
            "Check the path, or format it if nothing on it is needed.");
}

/// <summary>The superblock that counts.</summary>
/// <param name="Superblock">The newer of those that could be read.</param>
/// <param name="IsOtherDamaged">The other place holds something that could not be read, or that is no superblock of its own.</param>
internal readonly record struct FoundSuperblock(Superblock Superblock, bool IsOtherDamaged);
