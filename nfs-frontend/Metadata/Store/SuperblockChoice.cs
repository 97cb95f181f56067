using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Which of the two superblocks counts.</summary>
/// <param name="Superblock">The one that counts, without a fault.</param>
/// <param name="Offset">Where it lies.</param>
/// <param name="Fault">Why none does.</param>
internal readonly record struct SuperblockChoice(MetadataSuperblock Superblock, int Offset, Fault? Fault)
{
    /// <summary>
    /// Chooses. Both must be whole: a block is never torn, so a damaged one may be the newer of the two, and what the older one refers
    /// to may have been given to others since.
    /// </summary>
    /// <param name="blocks">The first two blocks of the space.</param>
    public static SuperblockChoice Choose(ReadOnlySpan<byte> blocks)
    {
        var first = blocks[..MetadataSuperblock.Size];
        var second = blocks.Slice(MetadataSuperblock.Size, MetadataSuperblock.Size);
        var isFirst = MetadataSuperblock.TryParse(first, out var even);
        var isSecond = MetadataSuperblock.TryParse(second, out var odd);

        // Format writes the odd one first, and no other superblock of generation 1 is ever written.
        if (IsZero(first) && ((isSecond && odd.Generation == 1) || IsZero(second)))
        {
            return Refuse(
                "metadata-unformatted", "The file system's metadata was never formatted, or not to the end.", "Create the file system.");
        }

        if (!isFirst || !isSecond)
        {
            var which = isFirst ? "The second superblock" : isSecond ? "The first superblock" : "Both superblocks";
            return Damaged($"{which} of the file system's metadata cannot be read.");
        }

        if (Math.Max(even.Version, odd.Version) > MetadataLayout.Version)
        {
            return Refuse(
                "metadata-version", $"The file system's metadata has layout {Math.Max(even.Version, odd.Version)}, which is newer than this program.",
                "Use a newer program.");
        }

        if ((even.Generation & 1) != 0 || (odd.Generation & 1) == 0 || even.FileSystem != odd.FileSystem || even.LogBytes != odd.LogBytes)
            return Damaged("The superblocks of the file system's metadata do not belong together.");
        return even.Generation > odd.Generation
            ? new SuperblockChoice(even, 0, null)
            : new SuperblockChoice(odd, MetadataSuperblock.Size, null);
    }

    private static bool IsZero(ReadOnlySpan<byte> block) => !block.ContainsAnyExcept((byte)0);

    private static SuperblockChoice Damaged(string message) => Refuse("metadata-damaged", message, "Run `uss fs check` to see what is lost.");

    private static SuperblockChoice Refuse(string code, string message, string remedy) => new(default, 0, new Fault(code, message, remedy));
}
