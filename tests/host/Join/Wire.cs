using System.Net;
using System.Net.Sockets;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>A connection to a host that records what goes over it, and may change a byte.</summary>
internal sealed class Wire : Stream
{
    private readonly TcpClient _client = new();
    private readonly List<byte> _sent = [];
    private readonly List<byte> _received = [];
    private (bool IsSent, int Index)? _changed;

    public byte[] Sent => [.. _sent];

    public byte[] Received => [.. _received];

    public Endpoint Remote { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public static async Task<Wire> OpenAsync(Endpoint remote)
    {
        var wire = new Wire { Remote = remote };
        await wire._client.ConnectAsync(new IPEndPoint(remote.Address, remote.Port));
        return wire;
    }

    /// <summary>One bit of a byte arrives changed, counted over the connection in one direction.</summary>
    public void Change(bool isSent, int index) => _changed = (isSent, index);

    /// <summary>The next message without anything attached.</summary>
    public async Task<JoinMessage?> ReadMessageAsync()
    {
        var bytes = new byte[JoinMessage.Size];
        await this.ReadExactlyAsync(bytes);
        return JoinMessage.Parse(bytes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await _client.GetStream().ReadAsync(buffer, cancellationToken);
            Record(buffer.Span[..count], _received, isSent: false);
            return count;
        }
        catch (IOException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return 0;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var bytes = buffer.ToArray();
        Record(bytes, _sent, isSent: true);
        await _client.GetStream().WriteAsync(bytes, cancellationToken);
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _client.Dispose();
        base.Dispose(disposing);
    }

    private void Record(Span<byte> bytes, List<byte> record, bool isSent)
    {
        if (_changed is var (direction, index) && direction == isSent && index >= record.Count && index < record.Count + bytes.Length)
            bytes[index - record.Count] ^= 0x10;
        record.AddRange(bytes);
    }
}
