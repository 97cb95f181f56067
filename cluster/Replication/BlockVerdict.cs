namespace Uss.Replication;

/// <summary>What is to be done about the copies of one block.</summary>
internal enum VerdictKind
{
    /// <summary>All copies are intact and show the same.</summary>
    Equal,

    /// <summary>Some copies are damaged or older than a good one, which is to be copied over them.</summary>
    Repair,

    /// <summary>No copy of the newest known version can be read.</summary>
    Lost,

    /// <summary>Intact copies of one version hold different data: nobody knows which is right.</summary>
    Conflict,
}

/// <summary>
/// Which copy of a block is good. A version names one change and is never given twice, and whoever is in sync holds every
/// acknowledged change; so the newest version that any in-sync member knows of is what was acknowledged last, and a
/// copy with an older one has lost it. An older copy never stands in for a newer one that cannot be read.
/// </summary>
/// <param name="Kind">What is to be done.</param>
/// <param name="Source">Which copy to repair from.</param>
/// <param name="Version">The newest version that is known of.</param>
internal readonly record struct BlockVerdict(VerdictKind Kind, int Source = -1, ulong Version = 0)
{
    /// <summary>Judges the copies of one block; no change may be under way.</summary>
    public static BlockVerdict Of(ReadOnlySpan<BlockCheck> copies)
    {
        var isNothing = true;
        var newest = 0UL;
        foreach (var copy in copies)
        {
            isNothing &= copy is { IsIntact: true, Block.IsPresent: false };
            if (copy.Condition != BlockCondition.Unknown)
                newest = Math.Max(newest, copy.Block.Version);
        }

        // Copies need not agree on the version of nothing: holes are forgotten one by one.
        if (isNothing)
            return default;
        var source = -1;
        for (var i = 0; i < copies.Length; i++)
        {
            if (!copies[i].IsIntact || copies[i].Block.Version != newest)
                continue;
            if (source < 0)
                source = i;
            else if (copies[i].Block != copies[source].Block)
                return new BlockVerdict(VerdictKind.Conflict, -1, newest);
        }

        if (source < 0)
            return new BlockVerdict(VerdictKind.Lost, -1, newest);
        foreach (var copy in copies)
        {
            if (IsWorse(copy, copies[source]))
                return new BlockVerdict(VerdictKind.Repair, source, newest);
        }

        return default;
    }

    /// <summary>True for a copy that the source is to be copied over.</summary>
    public static bool IsWorse(BlockCheck copy, BlockCheck source) =>
        !copy.IsIntact || (copy.Block != source.Block && (copy.Block.IsPresent || source.Block.IsPresent));
}
