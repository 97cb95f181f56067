using Uss.Runtime;

namespace Uss.Replication;

/// <summary>Answers connections to a node's port that are no node's: of machines that want to join the cluster.</summary>
public interface IGuestDesk
{
    /// <summary>The first four bytes, little-endian, of what a guest sends.</summary>
    uint Magic { get; }

    /// <summary>
    /// Serves one guest, in bounded time. The caller closes the connection afterwards, and aborts it when the node stops.
    /// </summary>
    /// <param name="connection">The connection.</param>
    /// <param name="first">What has been received of it: as many bytes as a message of the nodes' handshake has.</param>
    ValueTask ServeAsync(IConnection connection, ReadOnlyMemory<byte> first);
}
