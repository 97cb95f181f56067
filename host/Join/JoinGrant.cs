using System.Buffers.Binary;
using System.Text;

namespace Uss.Host.Join;

/// <summary>
/// What a node that joins is given, sealed on the way. Little-endian:
/// <code>
///  0 the cluster's key (32 bytes)   32 the member's id (16 bytes, as RFC 9562 writes it)
/// 48 the host's clock: milliseconds since 1970, UTC (64 bits)
/// 56 bytes of the host's name (8 bits), the name
///    bytes of etcd's URLs (16 bits), the URLs with commas between them
///    nothing, or 1 (8 bits): connections between nodes are encrypted
/// </code>
/// </summary>
internal sealed record JoinGrant
{
    private const int KeyBytes = 32;
    private const int FixedBytes = 57;

    public required byte[] ClusterKey { get; init; }

    public required Guid MemberId { get; init; }

    public required DateTimeOffset Clock { get; init; }

    public required string Host { get; init; }

    public required IReadOnlyList<Uri> Etcd { get; init; }

    /// <summary>Connections between nodes are encrypted.</summary>
    public bool Tls { get; init; }

    public byte[] ToBytes()
    {
        var host = Encoding.UTF8.GetBytes(Host);
        var urls = Encoding.UTF8.GetBytes(string.Join(',', Etcd.Select(url => url.GetLeftPart(UriPartial.Authority))));
        var bytes = new byte[FixedBytes + host.Length + 2 + urls.Length + (Tls ? 1 : 0)];
        ClusterKey.CopyTo(bytes, 0);
        MemberId.TryWriteBytes(bytes.AsSpan(KeyBytes), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), Clock.ToUnixTimeMilliseconds());
        bytes[56] = (byte)host.Length;
        host.CopyTo(bytes, FixedBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(FixedBytes + host.Length), (ushort)urls.Length);
        urls.CopyTo(bytes, FixedBytes + host.Length + 2);
        if (Tls)
            bytes[^1] = 1;
        return bytes;
    }

    /// <summary>Reads a grant; null when it makes no sense.</summary>
    public static JoinGrant? Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes + 2 || bytes.Length < FixedBytes + bytes[56] + 2)
            return null;
        var urls = bytes[(FixedBytes + bytes[56])..];
        var end = 2 + BinaryPrimitives.ReadUInt16LittleEndian(urls);
        var isEncrypted = urls.Length == end + 1 && urls[end] == 1;
        if (urls.Length != end && !isEncrypted)
            return null;
        var etcd = new List<Uri>();
        foreach (var text in Encoding.UTF8.GetString(urls[2..end]).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(text, UriKind.Absolute, out var url))
                return null;
            etcd.Add(url);
        }

        return new JoinGrant
        {
            ClusterKey = bytes[..KeyBytes].ToArray(),
            MemberId = new Guid(bytes.Slice(KeyBytes, 16), bigEndian: true),
            Clock = DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(bytes[48..])),
            Host = Encoding.UTF8.GetString(bytes.Slice(FixedBytes, bytes[56])),
            Etcd = etcd,
            Tls = isEncrypted,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"grant for member {MemberId} (key hidden)";
}
