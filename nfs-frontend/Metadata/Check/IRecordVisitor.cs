namespace Uss.NfsFrontend.Metadata;

/// <summary>Sees the records that a <see cref="MetadataCheck"/> comes across, and knows what they mean.</summary>
public interface IRecordVisitor
{
    /// <summary>Nobody wants the check any more: it ends at the next page.</summary>
    bool IsStopped { get; }

    /// <summary>A record of the tree; they come in any order.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value, until the call returns.</param>
    void Visit(RecordKey key, ReadOnlySpan<byte> value);
}
