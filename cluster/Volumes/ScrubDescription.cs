using Uss.Replication;

namespace Uss.Volumes;

/// <summary>How the scrub of one placement group stands, as the asked node knows it.</summary>
public sealed record ScrubDescription
{
    /// <summary>The group.</summary>
    public required PlacementGroupId Group { get; init; }

    /// <summary>Name of its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The last scrub that came to its end; null: none yet.</summary>
    public required ScrubResult? Last { get; init; }

    /// <summary>True while a scrub waits for its turn or runs.</summary>
    public required bool IsDue { get; init; }

    /// <summary>The scrub that runs on the asked node; null: none.</summary>
    public required GroupScrub? Running { get; init; }

    /// <summary>Blocks without a good copy, in the terms of volumes.</summary>
    public required IReadOnlyList<LostVolumeRange> Lost { get; init; }
}

/// <summary>Bytes of a volume without a good copy.</summary>
/// <param name="Volume">Name of the volume.</param>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct LostVolumeRange(string Volume, long Offset, long Length);
