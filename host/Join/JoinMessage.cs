using System.Buffers.Binary;
using System.Net;
using System.Text;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>What a message of the join protocol is.</summary>
internal enum JoinKind : byte
{
    /// <summary>The guest says which token it has and who it wants to be.</summary>
    Request = 1,

    /// <summary>The host answers with a nonce and a public key.</summary>
    Challenge = 2,

    /// <summary>The guest proves that it knows the secret.</summary>
    Proof = 3,

    /// <summary>The host proves the same and hands over the cluster's key, sealed.</summary>
    Grant = 4,

    /// <summary>The host says why not; the last message.</summary>
    Refusal = 5,
}

/// <summary>
/// A message of the join protocol: 192 bytes, little-endian, and what is attached to them:
/// <code>
///   0 magic "UssJ"                4 kind  5 version (1)  6 reason of a refusal  7 bytes of name
///   8 attached bytes (16 bits)   10 zeros
///  16 cluster id (16 bytes, as RFC 9562 writes it)
///  32 token id (12 bytes)        44 zeros
///  48 nonce of a request or challenge; the proof of a proof or grant (32 bytes)
///  80 name of the node that joins (UTF-8, zeros behind it)
/// 144 where it listens: address as IPv6, IPv4 mapped into it (16 bytes), port (16 bits)
/// 162 zeros                     188 CRC-32C of bytes 0 to 187
/// </code>
/// </summary>
internal sealed record JoinMessage
{
    public const int Size = 192;
    public const int SecretBytes = 32;
    public const int NameBytes = 64;
    public const int MostAttachedBytes = 2048;
    public const uint Magic = 'U' | ('s' << 8) | ('s' << 16) | ((uint)'J' << 24);
    public const byte CurrentVersion = 1;

    private const int ChecksumOffset = Size - sizeof(uint);

    public required JoinKind Kind { get; init; }

    public byte Version { get; init; } = CurrentVersion;

    public JoinRefusal Refusal { get; init; }

    public string Name { get; init; } = "";

    public int AttachedBytes { get; init; }

    public Guid ClusterId { get; init; }

    public ReadOnlyMemory<byte> TokenId { get; init; } = new byte[JoinToken.IdBytes];

    /// <summary>Nonce or proof.</summary>
    public ReadOnlyMemory<byte> Secret { get; init; } = new byte[SecretBytes];

    public Endpoint Listen { get; init; } = new(IPAddress.Any, 0);

    /// <summary>The 192 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        bytes[4] = (byte)Kind;
        bytes[5] = Version;
        bytes[6] = (byte)Refusal;
        bytes[7] = (byte)Encoding.UTF8.GetBytes(Name, bytes.AsSpan(80, NameBytes));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)AttachedBytes);
        ClusterId.TryWriteBytes(bytes.AsSpan(16), bigEndian: true, out _);
        TokenId.Span.CopyTo(bytes.AsSpan(32));
        Secret.Span.CopyTo(bytes.AsSpan(48));
        Listen.Address.MapToIPv6().TryWriteBytes(bytes.AsSpan(144), out _);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(160), (ushort)Listen.Port);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumOffset), Crc32C.Compute(bytes.AsSpan(0, ChecksumOffset)));
        return bytes;
    }

    /// <summary>Reads 192 bytes; null when they are no such message.</summary>
    public static JoinMessage? Parse(ReadOnlySpan<byte> bytes)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]) != Crc32C.Compute(bytes[..ChecksumOffset])
            || (JoinKind)bytes[4] is < JoinKind.Request or > JoinKind.Refusal
            || bytes[7] > NameBytes
            || BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]) > MostAttachedBytes)
        {
            return null;
        }

        var address = new IPAddress(bytes.Slice(144, 16));
        return new JoinMessage
        {
            Kind = (JoinKind)bytes[4],
            Version = bytes[5],
            Refusal = (JoinRefusal)bytes[6],
            Name = Encoding.UTF8.GetString(bytes.Slice(80, bytes[7])),
            AttachedBytes = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]),
            ClusterId = new Guid(bytes.Slice(16, 16), bigEndian: true),
            TokenId = bytes.Slice(32, JoinToken.IdBytes).ToArray(),
            Secret = bytes.Slice(48, SecretBytes).ToArray(),
            Listen = new Endpoint(
                address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, BinaryPrimitives.ReadUInt16LittleEndian(bytes[160..])),
        };
    }
}
