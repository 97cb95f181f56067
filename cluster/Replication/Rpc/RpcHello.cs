using System.Buffers.Binary;
using System.Text;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>What a handshake message is.</summary>
internal enum RpcHelloKind : byte
{
    /// <summary>Says who the sender is.</summary>
    Hello = 1,

    /// <summary>Proves it.</summary>
    Proof = 2,

    /// <summary>Says why the other end is not let in; the last message.</summary>
    Refusal = 3,
}

/// <summary>
/// A message of the handshake, little-endian, always of one size:
/// <code>
///   0 magic "UssH"                4 kind  5 role  6 reason of a refusal  7 bytes of name
///   8 lowest version (16 bits)   10 highest version (16 bits)
///  12 window in requests         16 window in bytes             20 1: encrypts, 0: does not
///  24 incarnation (64 bits)
///  32 cluster id (16 bytes, as RFC 9562 writes it)
///  48 nonce of a hello, or the proof (32 bytes)
///  80 name (UTF-8, zeros behind it)
/// 144 zeros                     188 CRC-32C of bytes 0 to 187
/// </code>
/// Proofs and refusals have zeros where they have nothing to say.
/// </summary>
internal readonly record struct RpcHello
{
    public const int Size = 192;
    public const int SecretBytes = 32;
    public const int SecretOffset = 48;

    private const uint Magic = 'U' | ('s' << 8) | ('s' << 16) | ((uint)'H' << 24);
    private const int ClusterOffset = 32;
    private const int NameOffset = 80;
    private const int ChecksumOffset = Size - sizeof(uint);

    public RpcHelloKind Kind { get; init; }

    public RpcRole Role { get; init; }

    public RpcRefusal Refusal { get; init; }

    public int MinimumVersion { get; init; }

    public int MaximumVersion { get; init; }

    public int WindowRequests { get; init; }

    public int WindowBytes { get; init; }

    /// <summary>The sender wants TLS 1.3 from behind the hellos on.</summary>
    public bool IsEncrypting { get; init; }

    public ulong Incarnation { get; init; }

    public Guid ClusterId { get; init; }

    public string Name { get; init; }

    /// <summary>Writes the message; nonce or proof are <paramref name="secret"/>.</summary>
    public void Write(Span<byte> destination, ReadOnlySpan<byte> secret)
    {
        destination[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(destination, Magic);
        destination[4] = (byte)Kind;
        destination[5] = (byte)Role;
        destination[6] = (byte)Refusal;
        destination[7] = (byte)Encoding.UTF8.GetBytes(Name ?? "", destination.Slice(NameOffset, RpcLimits.NameBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(destination[8..], (ushort)MinimumVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], (ushort)MaximumVersion);
        BinaryPrimitives.WriteInt32LittleEndian(destination[12..], WindowRequests);
        BinaryPrimitives.WriteInt32LittleEndian(destination[16..], WindowBytes);
        destination[20] = IsEncrypting ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(destination[24..], Incarnation);
        ClusterId.TryWriteBytes(destination[ClusterOffset..], bigEndian: true, out _);
        secret.CopyTo(destination[SecretOffset..]);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ChecksumOffset..], Crc32C.Compute(destination[..ChecksumOffset]));
    }

    /// <summary>Reads a message.</summary>
    /// <returns>False when it is none, or one of its fields is out of bounds.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out RpcHello message)
    {
        message = default;
        if (BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(source[ChecksumOffset..]) != Crc32C.Compute(source[..ChecksumOffset])
            || source[7] > RpcLimits.NameBytes)
        {
            return false;
        }

        message = new RpcHello
        {
            Kind = (RpcHelloKind)source[4],
            Role = (RpcRole)source[5],
            Refusal = (RpcRefusal)source[6],
            MinimumVersion = BinaryPrimitives.ReadUInt16LittleEndian(source[8..]),
            MaximumVersion = BinaryPrimitives.ReadUInt16LittleEndian(source[10..]),
            WindowRequests = BinaryPrimitives.ReadInt32LittleEndian(source[12..]),
            WindowBytes = BinaryPrimitives.ReadInt32LittleEndian(source[16..]),
            IsEncrypting = (source[20] & 1) != 0,
            Incarnation = BinaryPrimitives.ReadUInt64LittleEndian(source[24..]),
            ClusterId = new Guid(source.Slice(ClusterOffset, 16), bigEndian: true),
            Name = Encoding.UTF8.GetString(source.Slice(NameOffset, source[7])),
        };
        return message.Kind is RpcHelloKind.Proof or RpcHelloKind.Refusal || message.IsHello;
    }

    private bool IsHello =>
        Kind == RpcHelloKind.Hello
        && Role is RpcRole.Dialer or RpcRole.Acceptor
        && Name.Length > 0
        && WindowRequests is > 0 and <= RpcLimits.WindowRequests
        && WindowBytes is >= RpcLimits.CallBytes and <= RpcLimits.WindowBytes;
}
