using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Uss.Runtime;

namespace Uss.Host.Cluster;

/// <summary>
/// What makes nodes members of one cluster: its number, and the secret that they prove to each other; and whether they encrypt.
/// </summary>
/// <param name="Id">The cluster.</param>
/// <param name="Key">32 random bytes.</param>
/// <param name="Tls">Connections between nodes are encrypted.</param>
internal sealed record ClusterIdentity(Guid Id, byte[] Key, bool Tls = false)
{
    private const int KeyBytes = 32;

    /// <inheritdoc/>
    public override string ToString() => $"cluster {Id} (key hidden)";

    public static ClusterIdentity Create(bool tls = false) => new(Guid.NewGuid(), RandomNumberGenerator.GetBytes(KeyBytes), tls);
}

/// <summary>What a cluster on one machine looks like.</summary>
internal sealed record ClusterLayout
{
    public required int Nodes { get; init; }

    /// <summary>Port of the iSCSI target on every node's address.</summary>
    public required int IscsiPort { get; init; }

    /// <summary>Port of the NFS server on every node's address; 0: none; null: not chosen yet.</summary>
    public int? NfsPort { get; init; }

    /// <summary>Port of the node-to-node protocol on every node's address.</summary>
    public required int NodePort { get; init; }

    /// <summary>etcd's port for clients, on 127.0.0.1.</summary>
    public required int EtcdPort { get; init; }

    /// <summary>etcd's port for other members, of which there are none.</summary>
    public required int EtcdPeerPort { get; init; }

    /// <summary>Port of the web API on 127.0.0.1; 0: not chosen yet.</summary>
    public int WebPort { get; init; }

    /// <summary>All nodes have served at once: from then on some may be down at a start.</summary>
    public bool HasServed { get; init; }
}

/// <summary>Reads and writes the files of a cluster's folder.</summary>
internal static class ClusterFiles
{
    /// <summary>The record in a file; null when there is no such file.</summary>
    public static Result<T?> Read<T>(string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), type) : null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            return new Fault(
                "cluster-file", $"{path} cannot be read: {exception.Message}", "Restore it, or give another folder with --data DIR.");
        }
    }

    /// <summary>Replaces a file as a whole; the owner alone may read it.</summary>
    public static Fault? Write<T>(string path, T record, JsonTypeInfo<T> type)
    {
        var fresh = path + ".new";
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var stream = new FileStream(fresh, options))
            {
                JsonSerializer.Serialize(stream, record, type);
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Fault("cluster-file", $"{path} cannot be written: {exception.Message}", "Make the data folder writable.");
        }
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(ClusterIdentity))]
[JsonSerializable(typeof(ClusterLayout))]
[JsonSerializable(typeof(NodeFile))]
internal sealed partial class ClusterFilesJson : JsonSerializerContext;
