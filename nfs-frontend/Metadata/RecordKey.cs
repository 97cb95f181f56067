namespace Uss.NfsFrontend.Metadata;

/// <summary>The name of a record: 128 bits, ordered as one unsigned number.</summary>
/// <param name="High">The upper half: what the record belongs to.</param>
/// <param name="Low">The lower half: which record of that.</param>
public readonly record struct RecordKey(ulong High, ulong Low) : IComparable<RecordKey>
{
    /// <summary>Bytes of a key in pages and in the log.</summary>
    public const int Size = 16;

    /// <summary>The largest key.</summary>
    public static RecordKey Maximum => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>True when the first key comes before the second.</summary>
    public static bool operator <(RecordKey first, RecordKey second) => first.CompareTo(second) < 0;

    /// <summary>True when the first key comes behind the second.</summary>
    public static bool operator >(RecordKey first, RecordKey second) => first.CompareTo(second) > 0;

    /// <summary>True when the first key does not come behind the second.</summary>
    public static bool operator <=(RecordKey first, RecordKey second) => first.CompareTo(second) <= 0;

    /// <summary>True when the first key does not come before the second.</summary>
    public static bool operator >=(RecordKey first, RecordKey second) => first.CompareTo(second) >= 0;

    /// <inheritdoc/>
    public int CompareTo(RecordKey other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);
}
