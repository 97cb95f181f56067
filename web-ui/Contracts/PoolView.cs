namespace Uss.WebUi.Contracts;

/// <summary>A pool as the API shows it.</summary>
public sealed record PoolView
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Copies of every block.</summary>
    public required int Copies { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged.</summary>
    public required int MinimumCopies { get; init; }

    /// <summary>Nobody set <see cref="MinimumCopies"/>: it goes with <see cref="Copies"/>.</summary>
    public bool IsMinimumDefault { get; init; }

    /// <summary>What no two copies share: <c>disk</c>, <c>node</c>, <c>rack</c> or <c>site</c>.</summary>
    public required string FailureDomain { get; init; }

    /// <summary>Class of the disks that hold its data; null for any.</summary>
    public string? Class { get; init; }

    /// <summary>Placement groups.</summary>
    public required int Groups { get; init; }

    /// <summary>Of these, serving with too few copies.</summary>
    public required int DegradedGroups { get; init; }

    /// <summary>Of these, not serving.</summary>
    public required int UnavailableGroups { get; init; }

    /// <summary>Volumes in it.</summary>
    public required int Volumes { get; init; }

    /// <summary>Version of its placement map.</summary>
    public required long MapVersion { get; init; }
}

/// <summary>Body of <c>POST /api/v1/pools</c>.</summary>
public sealed record CreatePool
{
    /// <summary>Name: 1 to 63 of <c>a-z 0-9 . _ -</c>, starting with a letter or digit, not with <c>copies-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Copies of every block.</summary>
    public required int Copies { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged; null: 2 of three or more, else 1.</summary>
    public int? MinimumCopies { get; init; }

    /// <summary>What no two copies share: <c>disk</c>, <c>node</c>, <c>rack</c> or <c>site</c>; null: the node in a cluster, else the
    /// disk.</summary>
    public string? FailureDomain { get; init; }

    /// <summary>Class of the disks that hold its data; null for any.</summary>
    public string? Class { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/pools/NAME</c>.</summary>
public sealed record ChangePool
{
    /// <summary>Copies of every block; null: as they are.</summary>
    public int? Copies { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged; null: as it is.</summary>
    public int? MinimumCopies { get; init; }
}

/// <summary>A disk's part in a pool's placement map.</summary>
public sealed record PlacementDiskView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The disk, with its node where there are several.</summary>
    public required string Disk { get; init; }

    /// <summary>Identity of the disk.</summary>
    public required Guid Id { get; init; }

    /// <summary>Copies of placement groups that the map puts there.</summary>
    public required int Copies { get; init; }

    /// <summary>Of these, the ones that are preferred as primary.</summary>
    public required int Primaries { get; init; }

    /// <summary>Its copies as part of all, in percent.</summary>
    public required double SharePercent { get; init; }

    /// <summary>Its size as part of all disks', in percent: what a perfectly even map would give it.</summary>
    public required double DuePercent { get; init; }
}

/// <summary>What the loss of a failure domain does to a pool.</summary>
public sealed record WhatIfView
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>What fails.</summary>
    public required string Fail { get; init; }

    /// <summary>Placement groups that keep all copies.</summary>
    public required int Untouched { get; init; }

    /// <summary>Groups that lose copies and serve on.</summary>
    public required int Degraded { get; init; }

    /// <summary>Groups left with too few copies: their writes wait.</summary>
    public required int BelowMinimum { get; init; }

    /// <summary>Groups that lose all copies.</summary>
    public required int Lost { get; init; }

    /// <summary>Bytes to copy until all copies are there again, estimated.</summary>
    public required long CopiedBytes { get; init; }

    /// <summary>How long that takes at 100 MiB/s a disk, in seconds, estimated.</summary>
    public required double Seconds { get; init; }

    /// <summary>How full the fullest disk is then, in percent, estimated.</summary>
    public required double FullestPercent { get; init; }

    /// <summary>Why the copies cannot be placed again; null when they can.</summary>
    public ProblemItem? Problem { get; init; }
}
