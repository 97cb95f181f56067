using System.Net;
using System.Net.Sockets;

namespace Uss.Coordination.Tests.Etcd;

/// <summary>Forwards TCP connections of the loopback interface to a port, until it is told to cut them off.</summary>
internal sealed class Relay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _port;
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _connections = [];
    private volatile bool _isSilent;
    private volatile bool _losesAnswers;
    private volatile bool _isCut;

    public Relay(int port)
    {
        _port = port;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Url => new($"http://{_listener.LocalEndpoint}");

    /// <summary>True: connections stay open, and nothing is forwarded any more; what comes then is lost.</summary>
    public bool IsSilent
    {
        get => _isSilent;
        set
        {
            _isSilent = value;
            if (!value)
                CloseAll();
        }
    }

    /// <summary>True: requests are forwarded, and answers are lost.</summary>
    public bool LosesAnswers
    {
        get => _losesAnswers;
        set
        {
            _losesAnswers = value;
            if (!value)
                CloseAll();
        }
    }

    /// <summary>Closes all connections, and new ones as soon as they come, until it is set to false.</summary>
    public bool IsCut
    {
        get => _isCut;
        set
        {
            _isCut = value;
            CloseAll();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        CloseAll();
    }

    private void CloseAll()
    {
        lock (_lock)
        {
            foreach (var connection in _connections)
                connection.Dispose();
            _connections.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptTcpClientAsync();
                _ = ConnectAsync(near);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ConnectAsync(TcpClient near)
    {
        var far = new TcpClient();
        lock (_lock)
            _connections.AddRange([near, far]);
        if (_isCut)
            CloseAll();
        try
        {
            await far.ConnectAsync(IPAddress.Loopback, _port);
            await Task.WhenAny(PumpAsync(near, far, isAnswer: false), PumpAsync(far, near, isAnswer: true));
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // One side closed it.
        }

        near.Dispose();
        far.Dispose();
    }

    private async Task PumpAsync(TcpClient source, TcpClient target, bool isAnswer)
    {
        var buffer = new byte[65536];
        try
        {
            int count;
            while ((count = await source.GetStream().ReadAsync(buffer)) > 0)
            {
                if (!_isSilent && !(isAnswer && _losesAnswers))
                    await target.GetStream().WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // One side closed it.
        }
    }
}
