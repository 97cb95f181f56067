using System.Buffers.Binary;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>
/// What stands before each fragment of a record on a stream (RFC 5531, 11).
/// <code>
/// bit 31       this is the record's last fragment
/// bits 30 - 0  bytes of the fragment
/// </code>
/// </summary>
/// <param name="Length">Bytes of the fragment.</param>
/// <param name="IsLast">Whether the record ends with it.</param>
public readonly record struct RecordMark(int Length, bool IsLast)
{
    /// <summary>Bytes of a mark.</summary>
    public const int Size = 4;

    private const uint LastBit = 0x8000_0000;

    /// <summary>Reads the mark at the start of <paramref name="source"/>, which holds at least <see cref="Size"/> bytes.</summary>
    public static RecordMark Read(ReadOnlySpan<byte> source)
    {
        var bits = BinaryPrimitives.ReadUInt32BigEndian(source);
        return new RecordMark((int)(bits & ~LastBit), (bits & LastBit) != 0);
    }

    /// <summary>Writes the mark.</summary>
    public void Write(Span<byte> target) =>
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)Length | (IsLast ? LastBit : 0));
}
