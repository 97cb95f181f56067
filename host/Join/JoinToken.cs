using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>
/// What an operator carries from a running node to a machine that is to join: where to ask, which cluster, and a secret
/// that is good once. As text <c>ussj</c> and base64url (RFC 4648) of these bytes, numbers little-endian:
/// <code>
///  0 version (1)          1 cluster id (16 bytes, as RFC 9562 writes it)
/// 17 token id (12 bytes) 29 secret (20 bytes)
/// 49 number of addresses; for each its length (4 or 16), the address in network order and the port (16 bits)
///    CRC-32C of all bytes before it
/// </code>
/// </summary>
internal sealed record JoinToken
{
    public const int IdBytes = 12;
    public const int SecretBytes = 20;
    public const int MostAddresses = 4;

    private const string Prefix = "ussj";
    private const byte Version = 1;
    private const int FixedBytes = 50;
    private const int ChecksumBytes = sizeof(uint);
    private const int LongestText = 512;

    /// <summary>The cluster.</summary>
    public required Guid ClusterId { get; init; }

    /// <summary>Names the token; said in the clear.</summary>
    public required byte[] Id { get; init; }

    /// <summary>Never said: both sides prove that they know it.</summary>
    public required byte[] Secret { get; init; }

    /// <summary>Nodes to ask, one after the other.</summary>
    public required IReadOnlyList<Endpoint> Addresses { get; init; }

    /// <summary>The token as text.</summary>
    public string ToText()
    {
        Invariant.Check(Id.Length == IdBytes && Secret.Length == SecretBytes);
        Invariant.Check(Addresses.Count is > 0 and <= MostAddresses);
        var bytes = new List<byte> { Version };
        bytes.AddRange(ClusterId.ToByteArray(bigEndian: true));
        bytes.AddRange(Id);
        bytes.AddRange(Secret);
        bytes.Add((byte)Addresses.Count);
        foreach (var address in Addresses)
        {
            var host = address.Address.GetAddressBytes();
            bytes.Add((byte)host.Length);
            bytes.AddRange(host);
            bytes.Add((byte)address.Port);
            bytes.Add((byte)(address.Port >> 8));
        }

        Span<byte> checksum = stackalloc byte[ChecksumBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.Compute(bytes.ToArray()));
        bytes.AddRange(checksum);
        return Prefix + Base64Url.EncodeToString(bytes.ToArray());
    }

    /// <summary>Reads a token's text. Faults: <c>bad-token</c>, which never repeats the text.</summary>
    public static Result<JoinToken> Parse(string text)
    {
        text = text.Trim();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length > LongestText)
            return Bad($"it does not begin with '{Prefix}'");
        var encoded = text.AsSpan(Prefix.Length);
        if (!Base64Url.IsValid(encoded))
            return Bad("it has characters that no token has");
        var bytes = Base64Url.DecodeFromChars(encoded);
        if (bytes.Length < FixedBytes + ChecksumBytes)
            return Bad("it is too short; part of it is missing");
        var body = bytes.AsSpan(0, bytes.Length - ChecksumBytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(body.Length)) != Crc32C.Compute(body))
            return Bad("its checksum is wrong, so it is mistyped or not whole");
        if (body[0] != Version)
            return Bad($"it has version {body[0]}, and this program knows version {Version}");
        return ReadAddresses(body) is { } addresses
            ? new JoinToken
            {
                ClusterId = new Guid(body.Slice(1, 16), bigEndian: true),
                Id = body.Slice(17, IdBytes).ToArray(),
                Secret = body.Slice(29, SecretBytes).ToArray(),
                Addresses = addresses,
            }
            : Bad("its addresses make no sense");
    }

    /// <inheritdoc/>
    public override string ToString() => $"token for cluster {ClusterId} (secret hidden)";

    private static List<Endpoint>? ReadAddresses(ReadOnlySpan<byte> body)
    {
        var count = body[FixedBytes - 1];
        var rest = body[FixedBytes..];
        var addresses = new List<Endpoint>(MostAddresses);
        while (rest.Length > 0 && addresses.Count < MostAddresses)
        {
            var length = rest[0];
            if (length is not (4 or 16) || rest.Length < 1 + length + 2)
                return null;
            var port = BinaryPrimitives.ReadUInt16LittleEndian(rest[(1 + length)..]);
            addresses.Add(new Endpoint(new IPAddress(rest.Slice(1, length)), port));
            rest = rest[(1 + length + 2)..];
        }

        return rest.Length == 0 && count > 0 && addresses.Count == count ? addresses : null;
    }

    private static Fault Bad(string why) => new(
        "bad-token",
        $"This is no token to join with: {why}.",
        "Copy the whole token from `uss cluster token`, or make another one there.");
}
