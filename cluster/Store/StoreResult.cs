namespace Uss.Store;

/// <summary>How a store operation ended.</summary>
public enum StoreStatus
{
    /// <summary>Done; for a change: durable.</summary>
    Ok,

    /// <summary>The disk has no free space left; nothing was changed. Reads, deletes and recovery go on.</summary>
    NoSpace,

    /// <summary>
    /// Some blocks fail their checksum or cannot be read; <see cref="StoreResult.FirstBlock"/> and
    /// <see cref="StoreResult.BlockCount"/> span them.
    /// </summary>
    Damaged,

    /// <summary>The disk refused a write or flush; the store accepts no more changes (it may still serve reads).</summary>
    IoError,

    /// <summary>The store is closed or closing.</summary>
    Closed,
}

/// <summary>What a store operation came to.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="FirstBlock">First damaged block within the object, when <see cref="StoreStatus.Damaged"/>.</param>
/// <param name="BlockCount">Length of the span of damaged blocks.</param>
public readonly record struct StoreResult(StoreStatus Status, int FirstBlock = 0, int BlockCount = 0)
{
    /// <summary>True when done.</summary>
    public bool IsOk => Status == StoreStatus.Ok;

    /// <summary>Success.</summary>
    public static StoreResult Ok => default;
}
