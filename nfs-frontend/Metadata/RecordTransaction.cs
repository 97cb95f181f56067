namespace Uss.NfsFrontend.Metadata;

/// <summary>
/// What an operation sees of the records, and what it changes: all of its changes become durable at once or none does.
/// </summary>
/// <remarks>
/// It sees its own changes. Where a page is not in memory, <see cref="IsIncomplete"/> turns true, everything looks absent from then on,
/// changes are dropped, and the operation is run again once the page is there: so an operation needs no case for it, as long as it has no
/// effects but through this object and those that it resets at its start.
/// </remarks>
public abstract class RecordTransaction
{
    /// <summary>Most bytes of a record's value.</summary>
    public const int MaximumValueBytes = 3584;

    /// <summary>True when this run does not count.</summary>
    public abstract bool IsIncomplete { get; }

    /// <summary>Looks a record up.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value, until the next call of this object.</param>
    /// <returns>False when there is none.</returns>
    public abstract bool TryGet(RecordKey key, out ReadOnlySpan<byte> value);

    /// <summary>Finds the first record from a key on.</summary>
    /// <param name="from">The least key to find.</param>
    /// <param name="to">The largest key to find.</param>
    /// <param name="key">The record's key.</param>
    /// <param name="value">Its value, until the next call of this object.</param>
    /// <returns>False when there is none in the range.</returns>
    public abstract bool TryGetNext(RecordKey from, RecordKey to, out RecordKey key, out ReadOnlySpan<byte> value);

    /// <summary>Puts a record in place of the one that may be there.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">At most <see cref="MaximumValueBytes"/>; copied.</param>
    public abstract void Put(RecordKey key, ReadOnlySpan<byte> value);

    /// <summary>Removes a record; none need be there.</summary>
    public abstract void Delete(RecordKey key);
}
