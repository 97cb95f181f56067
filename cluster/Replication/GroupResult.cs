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

    /// <summary>No in-sync member can be reached, or the change could not be made durable.</summary>
    Unavailable,
}

/// <summary>What an operation on a placement group came to.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="FirstBlock">First damaged block within the object, when <see cref="GroupStatus.Damaged"/>.</param>
public readonly record struct GroupResult(GroupStatus Status, int FirstBlock = 0)
{
    /// <summary>True when done.</summary>
    public bool IsOk => Status == GroupStatus.Ok;

    /// <summary>Success.</summary>
    public static GroupResult Ok => default;
}
