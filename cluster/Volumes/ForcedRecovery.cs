using Uss.Replication;

namespace Uss.Volumes;

/// <summary>What it means to let a group go on from one disk although others hold, or held, more.</summary>
public sealed record ForcedRecovery
{
    /// <summary>The group.</summary>
    public required PlacementGroupId Group { get; init; }

    /// <summary>The disk to go on from.</summary>
    public required Guid Disk { get; init; }

    /// <summary>Epoch of the record as it is; the recovery is refused once it is another.</summary>
    public required uint Epoch { get; init; }

    /// <summary>The disks that hold every acknowledged write, and cannot be reached in sufficient number.</summary>
    public required IReadOnlyList<Guid> InSync { get; init; }

    /// <summary>The disk is one of these: nothing that was acknowledged is lost.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>
    /// The disk holds every write up to this version, and of later ones some or none; null: it is not known to the record, so
    /// that nothing is known about its age.
    /// </summary>
    public required ulong? CleanVersion { get; init; }

    /// <summary>Configurations of the group since the disk was in sync; null when that is not known.</summary>
    public long? EpochsBehind => IsComplete ? 0 : CleanVersion is { } clean ? Epoch - (long)BlockVersion.EpochOf(clean) : null;

    /// <summary>Changes that are known to be lost: there may be more. Null when not even that can be told.</summary>
    public required long? ChangesLostAtLeast { get; init; }

    /// <summary>Blocks with data on the disk, by volume.</summary>
    public required IReadOnlyList<RecoveredVolume> Volumes { get; init; }
}

/// <summary>What a disk holds of a volume in one group.</summary>
/// <param name="Volume">Name of the volume.</param>
/// <param name="Blocks">Blocks with data.</param>
/// <param name="NewerBlocks">Of these, blocks of objects that changed after the disk's clean version: each may be old or new.</param>
public readonly record struct RecoveredVolume(string Volume, long Blocks, long NewerBlocks);
