namespace Uss.WebUi.Contracts;

/// <summary>What a change of disks or nodes does to a pool: shown before it is made.</summary>
public sealed record ChangePlanView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>Placement groups that the pool has now.</summary>
    public int Groups { get; init; }

    /// <summary>Placement groups that it has afterwards: more where the change gives it so many disks that its groups are split. That
    /// moves no data; the copies that move are counted as parts of groups then.</summary>
    public int GroupsAfter { get; init; }

    /// <summary>Copies of placement groups that move.</summary>
    public required int MovedCopies { get; init; }

    /// <summary>Bytes to copy, estimated.</summary>
    public required long MovedBytes { get; init; }

    /// <summary>How long that takes at 100 MiB/s a disk, in seconds, estimated.</summary>
    public required double Seconds { get; init; }

    /// <summary>Copies that stay on disks that drain, because nothing else can take them.</summary>
    public required int StuckCopies { get; init; }

    /// <summary>Groups that get another primary.</summary>
    public required int PrimaryChanges { get; init; }

    /// <summary>Copies that are there and in sync, of the group that has fewest, while the change is made. A copy that moves stays
    /// until its successor is complete.</summary>
    public required int FewestCopies { get; init; }

    /// <summary>Groups with fewer copies than the pool's minimum meanwhile: they wait.</summary>
    public required int GroupsBelowMinimum { get; init; }

    /// <summary>How full the fullest disk is then, in percent, estimated.</summary>
    public required double FullestPercent { get; init; }

    /// <summary>Volumes of the pool.</summary>
    public required int Volumes { get; init; }

    /// <summary>Why the change is refused, or what it leaves undone; null when there is nothing to say.</summary>
    public ProblemItem? Problem { get; init; }

    /// <summary>The change is refused because of <see cref="Problem"/>.</summary>
    public required bool IsRefused { get; init; }
}

/// <summary>Body of <c>POST /api/v1/disks</c>: gives the node that is asked another disk.</summary>
public sealed record AddDisk
{
    /// <summary>Absolute path of a block device or file at the node.</summary>
    public required string Path { get; init; }

    /// <summary>The node; null: the one that is asked. Another one is refused.</summary>
    public string? Node { get; init; }

    /// <summary>Size in bytes of the file to make when there is none; null: it must be there.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Formats the disk though it holds something else.</summary>
    public bool Format { get; init; }

    /// <summary>Device class that pools may ask for; null: none in particular.</summary>
    public string? Class { get; init; }

    /// <summary>A disk, by name, path or identity, that gives up what it holds from the same moment on.</summary>
    public string? Replaces { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/disks/ID</c>.</summary>
public sealed record ChangeDisk
{
    /// <summary>New device class; <c>any</c> for none in particular.</summary>
    public required string Class { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/nodes/NAME</c>.</summary>
public sealed record ChangeNode
{
    /// <summary>The rack that it stands in; null: as it is.</summary>
    public string? Rack { get; init; }

    /// <summary>The site of the rack; null: as it is.</summary>
    public string? Site { get; init; }
}

/// <summary>Whether a disk can be pulled out now.</summary>
public sealed record PullView
{
    /// <summary>The disk, with its node where there are several.</summary>
    public required string Disk { get; init; }

    /// <summary>Pulling it now makes no group wait and loses no last copy.</summary>
    public required bool IsSafe { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Reason { get; init; }
}
