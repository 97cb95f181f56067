using System.Text;

namespace Uss.Coordination.Etcd;

/// <summary>Keys of the cluster as keys of etcd: below a prefix, in UTF-8.</summary>
internal sealed class EtcdKeys(string prefix)
{
    private readonly byte[] _prefix = Encoding.UTF8.GetBytes(prefix);

    public byte[] Of(string key) => [.. _prefix, .. Encoding.UTF8.GetBytes(key)];

    public string KeyOf(ReadOnlySpan<byte> key) => Encoding.UTF8.GetString(key[_prefix.Length..]);

    /// <summary>The first key behind all that start with <paramref name="start"/>.</summary>
    public static byte[] EndOf(byte[] start)
    {
        // 0xFF is no byte of UTF-8, so the last one can always be raised.
        var end = start.ToArray();
        end[^1]++;
        return end;
    }

    public Entry EntryOf(EtcdKeyValue found) => new(KeyOf(found.Key), found.Value ?? [], found.ModRevision);
}
