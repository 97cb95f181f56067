namespace Uss.NfsFrontend.Xdr;

/// <summary>
/// Bytes within a message: a name, a handle, data. It keeps their place, not the bytes, so that it outlives the span that it was read
/// from and costs nothing to keep.
/// </summary>
/// <param name="Offset">Where they begin, in bytes from the start of the message.</param>
/// <param name="Length">How many there are.</param>
public readonly record struct XdrBytes(int Offset, int Length)
{
    /// <summary>The bytes themselves.</summary>
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> message) => message.Slice(Offset, Length);
}
