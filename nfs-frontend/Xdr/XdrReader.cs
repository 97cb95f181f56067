using System.Buffers.Binary;

namespace Uss.NfsFrontend.Xdr;

/// <summary>
/// Reads XDR (RFC 4506): big-endian units of four bytes. After the first value that is not there, or that breaks its bound, all
/// further ones are 0 and <see cref="IsOk"/> is false, so that a decoder asks once, at its end.
/// </summary>
public ref struct XdrReader
{
    private readonly ReadOnlySpan<byte> _message;

    /// <summary>Reads <paramref name="message"/> from <paramref name="position"/> on.</summary>
    public XdrReader(ReadOnlySpan<byte> message, int position = 0)
    {
        _message = message;
        Position = position;
        IsOk = position <= message.Length;
    }

    /// <summary>Where the next value begins.</summary>
    public int Position { get; private set; }

    /// <summary>Whether all values so far were there and within their bounds.</summary>
    public bool IsOk { get; private set; }

    /// <summary>Bytes of zeros that pad a value to four bytes (RFC 4506, 3).</summary>
    public static int PaddingOf(int length) => -length & 3;

    /// <summary>Unsigned integer (4.2); also an enumeration (4.3).</summary>
    public uint UInt32() => TryTake(sizeof(uint), out var bytes) ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;

    /// <summary>Unsigned hyper integer (4.5).</summary>
    public ulong UInt64() => TryTake(sizeof(ulong), out var bytes) ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;

    /// <summary>Boolean (4.4): 0 or 1, anything else is an error. Also says whether optional data (4.19) follows.</summary>
    public bool Boolean() => UInt32AtMost(1) == 1;

    /// <summary>An enumeration or a count that must not be larger than <paramref name="maximum"/>.</summary>
    public uint UInt32AtMost(uint maximum)
    {
        var value = UInt32();
        if (value <= maximum)
            return value;
        IsOk = false;
        return 0;
    }

    /// <summary>Fixed-length opaque data (4.9).</summary>
    public XdrBytes Fixed(int length)
    {
        var place = new XdrBytes(Position, length);
        return TryTake(length + PaddingOf(length), out _) ? place : default;
    }

    /// <summary>Variable-length opaque data (4.10) or a string (4.11) of at most <paramref name="maximum"/> bytes.</summary>
    public XdrBytes Opaque(int maximum)
    {
        var length = (int)UInt32AtMost((uint)maximum);
        return Fixed(length);
    }

    // The values are padded to four bytes, so that the last one of a message has its padding too.
    private bool TryTake(int length, out ReadOnlySpan<byte> bytes)
    {
        IsOk = IsOk && length <= _message.Length - Position;
        bytes = IsOk ? _message.Slice(Position, length) : default;
        if (IsOk)
            Position += length;
        return IsOk;
    }
}
