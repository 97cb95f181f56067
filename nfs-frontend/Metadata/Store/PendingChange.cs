namespace Uss.NfsFrontend.Metadata;

/// <summary>A change that an operation has asked for and that is not applied yet.</summary>
/// <param name="Key">The record.</param>
/// <param name="Offset">Where its value begins among the values of the transaction.</param>
/// <param name="Length">Bytes of its value.</param>
/// <param name="IsDelete">True when the record goes.</param>
internal readonly record struct PendingChange(RecordKey Key, int Offset, int Length, bool IsDelete);

/// <summary>What a record belongs to, as far as waiting for durability is concerned.</summary>
internal static class RecordObject
{
    /// <summary>The object of a key: its upper half without the last eight bits, which tell kinds of records apart.</summary>
    public static ulong Of(RecordKey key) => key.High >> 8;
}
