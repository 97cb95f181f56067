using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Uss.Host.Serve;

/// <summary>As much of an NFS client as asks for a mount (RFC 1813, 5; RFC 5531).</summary>
internal static class MountClient
{
    /// <summary>The status that says yes.</summary>
    public const uint Ok = 0;

    /// <summary>There is no such export.</summary>
    public const uint NoEntry = 2;

    /// <summary>The export is not for this client.</summary>
    public const uint AccessDenied = 13;

    private const int ReplyHeadBytes = 24;

    /// <summary>Asks for an export, without saying who asks.</summary>
    /// <returns>The status of MOUNT, and the handle when that is 0.</returns>
    public static async Task<(uint Status, byte[] Handle)> MountAsync(IPEndPoint server, string path)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server);
        await socket.SendAsync(Call(path));
        var head = await ReceiveAsync(socket, sizeof(uint));
        var reply = await ReceiveAsync(socket, (int)(BinaryPrimitives.ReadUInt32BigEndian(head) & 0x7FFF_FFFF));
        var status = BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(ReplyHeadBytes));
        if (status != Ok)
            return (status, []);
        var length = (int)BinaryPrimitives.ReadUInt32BigEndian(reply.AsSpan(ReplyHeadBytes + 4));
        return (status, reply.AsSpan(ReplyHeadBytes + 8, length).ToArray());
    }

    private static byte[] Call(string path)
    {
        var name = Encoding.UTF8.GetBytes(path);
        var padded = (name.Length + 3) & ~3;

        // Call 7 of RPC version 2: program MOUNT, version 3, procedure MNT, no credentials, no verifier.
        uint[] head = [7, 0, 2, 100005, 3, 1, 0, 0, 0, 0, (uint)name.Length];
        var record = new byte[4 + (head.Length * 4) + padded];
        BinaryPrimitives.WriteUInt32BigEndian(record, 0x8000_0000 | (uint)(record.Length - 4));
        for (var i = 0; i < head.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(record.AsSpan(4 + (i * 4)), head[i]);
        name.CopyTo(record, 4 + (head.Length * 4));
        return record;
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var received = await socket.ReceiveAsync(bytes.AsMemory(at));
            Assert.That(received, Is.Positive, "the server closed the connection");
            at += received;
        }

        return bytes;
    }
}
