using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Uss.WebUi.Gateway;

/// <summary>A node that requests can be handed on to, over its management socket.</summary>
public sealed class NodeBackend : IDisposable
{
    private static readonly TimeSpan _probeLimit = TimeSpan.FromSeconds(1);

    // So long after an answer a node is believed to be awake.
    private static readonly TimeSpan _awakeFor = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private long _answered;
    private bool _hasAnswered;

    /// <summary>Creates a backend; nothing is opened yet.</summary>
    /// <param name="name">Name for messages.</param>
    /// <param name="connect">Opens a connection to the node's management socket.</param>
    /// <param name="time">The clock.</param>
    public NodeBackend(string name, Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider time)
    {
        Name = name;
        _time = time;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (_, cancel) => connect(cancel),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri("http://uss"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Name for messages.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>
    /// True when it answers now. A frozen node takes connections, so that only an answer tells; before a change it is asked,
    /// since a change must not be handed to a node that may carry it out much later.
    /// </summary>
    public async Task<bool> IsAwakeAsync(CancellationToken cancel)
    {
        if (_hasAnswered && _time.GetElapsedTime(_answered) < _awakeFor)
            return true;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_probeLimit);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/nodes");
            using var answer = await SendAsync(request, limit.Token);
            return true;
        }
        catch (Exception exception) when (IsLoss(exception) && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Sends a request and reads the head of the answer.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        try
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            _answered = _time.GetTimestamp();
            _hasAnswered = true;
            return answer;
        }
        catch
        {
            _hasAnswered = false;
            throw;
        }
    }

    /// <summary>The node, or the connection to it, is to blame.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is HttpRequestException or SocketException or IOException or OperationCanceledException;

    /// <summary>The request never left.</summary>
    public static bool IsUnsent(Exception exception) =>
        exception is SocketException
            or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };

    /// <summary>A body of JSON.</summary>
    public static ByteArrayContent Json(byte[] body, string? type) =>
        new(body) { Headers = { ContentType = MediaTypeHeaderValue.TryParse(type, out var parsed) ? parsed : new("application/json") } };
}
