using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Uss.Runtime;

namespace Uss.Coordination.Etcd;

/// <summary>Requests to etcd's JSON gateway, with fail-over between its members. Used on the thread pool.</summary>
internal sealed class EtcdGateway : IDisposable
{
    // Longest answer that is taken, in bytes: the state of a cluster is megabytes.
    private const int MaximumAnswerBytes = 256 << 20;

    private readonly EtcdOptions _options;
    private readonly HttpClient _client;
    private volatile Fault? _lastFault;
    private volatile bool _isClosed;
    private int _preferred;

    public EtcdGateway(EtcdOptions options)
    {
        _options = options;
#pragma warning disable CA2000 // The client owns its handler.
        _client = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(options.ConnectTimeoutMs),
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaximumAnswerBytes,
        };
#pragma warning restore CA2000
    }

    /// <summary>Why the last request that failed did.</summary>
    public Fault? LastFault => _lastFault;

    /// <summary>The member that is asked first.</summary>
    public int Preferred => Volatile.Read(ref _preferred);

    public void Dispose()
    {
        _isClosed = true;
        _client.Dispose();
    }

    /// <summary>Asks one member after the other until one answers or refuses.</summary>
    /// <param name="path">Path of the method.</param>
    /// <param name="request">The request.</param>
    /// <param name="requestType">Its type.</param>
    /// <param name="answerType">Type of the answer.</param>
    /// <param name="isRepeatable">False: never sent again once it may have been done.</param>
    public async Task<EtcdAnswer<TAnswer>> CallAsync<TRequest, TAnswer>(
        string path, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TAnswer> answerType, bool isRepeatable)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, requestType);
        var first = Preferred;
        var answer = new EtcdAnswer<TAnswer>(EtcdOutcome.Unsent);
        for (var i = 0; i < _options.Endpoints.Count; i++)
        {
            var member = (first + i) % _options.Endpoints.Count;
            answer = await CallAsync(member, path, body, answerType);
            if (answer.Outcome is EtcdOutcome.Answered or EtcdOutcome.Refused)
                return answer;
            Avoid(member);
            if (_isClosed || (answer.Outcome == EtcdOutcome.Lost && !isRepeatable))
                return answer;
        }

        return answer;
    }

    /// <summary>Opens a stream of answers from one member; null when it does not give one.</summary>
    public async Task<Stream?> OpenStreamAsync<TRequest>(
        int member, string path, TRequest request, JsonTypeInfo<TRequest> requestType, CancellationToken cancellation)
    {
        var message = NewRequest(member, path, JsonSerializer.SerializeToUtf8Bytes(request, requestType));

        // A member that is cut off from the others would send nothing for ever: it shall end the stream instead.
        message.Headers.Add("Grpc-Metadata-hasleader", "true");
        try
        {
            var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if (response.IsSuccessStatusCode)
                return await response.Content.ReadAsStreamAsync(cancellation);
            response.Dispose();
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            Note(member, exception.Message);
        }

        return null;
    }

    /// <summary>Notes that a member did not answer: others are asked before it.</summary>
    public void Avoid(int member) =>
        Interlocked.CompareExchange(ref _preferred, (member + 1) % _options.Endpoints.Count, member);

    private async Task<EtcdAnswer<T>> CallAsync<T>(int member, string path, byte[] body, JsonTypeInfo<T> type)
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeoutMs);
        using var message = NewRequest(member, path, body);
        try
        {
            using var response = await _client.SendAsync(message, timeout.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(timeout.Token);
            if (!response.IsSuccessStatusCode)
                return Refusal<T>(member, (int)response.StatusCode, bytes);
            if (JsonSerializer.Deserialize(bytes, type) is { } value)
                return new EtcdAnswer<T>(EtcdOutcome.Answered, value);
            Note(member, "its answer is empty");
        }
        catch (HttpRequestException exception)
        {
            Note(member, exception.Message);
            if (exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError)
            {
                return new EtcdAnswer<T>(EtcdOutcome.Unsent);
            }
        }
        catch (SocketException exception)
        {
            // HttpClient lets it through when a connection ends before it has looked at it: nothing was sent.
            Note(member, exception.Message);
            return new EtcdAnswer<T>(EtcdOutcome.Unsent);
        }
        catch (OperationCanceledException)
        {
            Note(member, "it does not answer");

            // Without the request's own timeout it was the connection's.
            if (!timeout.IsCancellationRequested && !_isClosed)
                return new EtcdAnswer<T>(EtcdOutcome.Unsent);
        }
        catch (Exception exception) when (exception is IOException or JsonException or ObjectDisposedException)
        {
            Note(member, exception.Message);
        }

        return new EtcdAnswer<T>(EtcdOutcome.Lost);
    }

    private EtcdAnswer<T> Refusal<T>(int member, int status, byte[] body)
    {
        EtcdError? error = null;
        try
        {
            error = JsonSerializer.Deserialize(body, EtcdJson.Default.EtcdError);
        }
        catch (JsonException)
        {
            // Another kind of server answered, or none of the gateway's methods.
        }

        Note(member, error?.Message ?? $"it answers with HTTP status {status}");
        return error?.Code is EtcdAnswer<T>.InvalidArgument or EtcdAnswer<T>.NotFound or EtcdAnswer<T>.ResourceExhausted
            or EtcdAnswer<T>.FailedPrecondition or EtcdAnswer<T>.OutOfRange
            ? new EtcdAnswer<T>(EtcdOutcome.Refused, default, error.Code)
            : new EtcdAnswer<T>(EtcdOutcome.Lost);
    }

    private HttpRequestMessage NewRequest(int member, string path, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return new HttpRequestMessage(HttpMethod.Post, new Uri(_options.Endpoints[member], path)) { Content = content };
    }

    private void Note(int member, string why) => _lastFault = new Fault(
        "etcd-unavailable", $"etcd at {_options.Endpoints[member]} failed: {why}", "Check that etcd runs and can be reached.");
}
