namespace Uss.Replication;

/// <summary>How an operation on a placement group ended.</summary>
public enum GroupStatus
{
    /// <summary>Done; for a change: durable on every in-sync member.</summary>
    Ok,

    /// <summary>A member has no space left; nothing was changed.</summary>
    NoSpace,

    /// <summary>No member has good data for some blocks; the first one is reported.</summary>
    Damaged,

    /// <summary>No in-sync member can be reached, or the change could not be made durable: it may be done or not.</summary>
    Unavailable,

    /// <summary>The group is not served here now; nothing was done.</summary>
    NotServed,

    /// <summary>A comparison found a difference; nothing was changed.</summary>
    Miscompare,
}

/// <summary>What an operation on a placement group came to.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Position">First damaged block within the object, when <see cref="GroupStatus.Damaged"/>; first byte that
/// differs within the range, when <see cref="GroupStatus.Miscompare"/>.</param>
public readonly record struct GroupResult(GroupStatus Status, int Position = 0)
{
    /// <summary>True when done.</summary>
    public bool IsOk => Status == GroupStatus.Ok;

    /// <summary>True when the operation may succeed elsewhere or later.</summary>
    public bool CanBeRepeated => Status is GroupStatus.Unavailable or GroupStatus.NotServed;

    /// <summary>Success.</summary>
    public static GroupResult Ok => default;
}
