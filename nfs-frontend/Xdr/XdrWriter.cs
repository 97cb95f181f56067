using System.Buffers.Binary;
using Uss.Runtime;

namespace Uss.NfsFrontend.Xdr;

/// <summary>
/// Writes XDR (RFC 4506) into a span that is large enough: who writes knows the largest answer. Too small a span is a programming error.
/// </summary>
public ref struct XdrWriter(Span<byte> target)
{
    private readonly Span<byte> _target = target;

    /// <summary>Bytes written so far.</summary>
    public int Position { get; private set; }

    /// <summary>Bytes that there is still room for.</summary>
    public readonly int Room => _target.Length - Position;

    /// <summary>Unsigned integer (4.2); also an enumeration (4.3).</summary>
    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), value);

    /// <summary>Unsigned hyper integer (4.5).</summary>
    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(sizeof(ulong)), value);

    /// <summary>Boolean (4.4); also says whether optional data (4.19) follows.</summary>
    public void Boolean(bool value) => UInt32(value ? 1u : 0);

    /// <summary>Fixed-length opaque data (4.9), with its padding.</summary>
    public void Fixed(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        Take(XdrReader.PaddingOf(bytes.Length)).Clear();
    }

    /// <summary>Variable-length opaque data (4.10) or a string (4.11), with its length and padding.</summary>
    public void Opaque(scoped ReadOnlySpan<byte> bytes)
    {
        UInt32((uint)bytes.Length);
        Fixed(bytes);
    }

    private Span<byte> Take(int length)
    {
        Invariant.Check(length <= Room);
        var place = _target.Slice(Position, length);
        Position += length;
        return place;
    }
}
