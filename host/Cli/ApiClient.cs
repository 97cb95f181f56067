using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Uss.Host.Cluster;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary>Calls the REST API of the service that runs on a data folder.</summary>
internal sealed class ApiClient : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    // A node that is frozen takes connections and says nothing.
    private static readonly TimeSpan[] _probePatiences = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    private readonly HttpClient _http;
    private DataFolder _folder;
    private bool _isFound;

    /// <param name="folder">Data folder of a service, or of a cluster on this machine: then any of its nodes answers.</param>
    public ApiClient(DataFolder folder)
    {
        _folder = folder;
        _http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync, UseProxy = false })
        {
            BaseAddress = new Uri("http://uss/api/v1/"),
            Timeout = _patience,
        };
    }

    public Task<T> GetAsync<T>(string path, CancellationToken cancel) => SendAsync<T>(HttpMethod.Get, path, null, cancel);

    public async Task<IReadOnlyList<T>> ListAsync<T>(string path, CancellationToken cancel) =>
        (await GetAsync<ListPage<T>>(path, cancel)).Items;

    public Task<T> PostAsync<TBody, T>(string path, TBody body, CancellationToken cancel) =>
        SendAsync<T>(HttpMethod.Post, path, Content(body), cancel);

    public Task<T> PostAsync<T>(string path, CancellationToken cancel) => SendAsync<T>(HttpMethod.Post, path, null, cancel);

    public Task<T> PutAsync<TBody, T>(string path, TBody body, CancellationToken cancel) =>
        SendAsync<T>(HttpMethod.Put, path, Content(body), cancel);

    public async Task<IReadOnlyList<T>> PutAsync<T>(string path, CancellationToken cancel) =>
        (await SendAsync<ListPage<T>>(HttpMethod.Put, path, null, cancel)).Items;

    public Task<T> PatchAsync<TBody, T>(string path, TBody body, CancellationToken cancel) =>
        SendAsync<T>(HttpMethod.Patch, path, Content(body), cancel);

    public Task<T> DeleteAsync<T>(string path, CancellationToken cancel) => SendAsync<T>(HttpMethod.Delete, path, null, cancel);

    public void Dispose() => _http.Dispose();

    private static JsonContent Content<TBody>(TBody body) => JsonContent.Create(body, TypeOf<TBody>());

    private static JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)ApiJson.Default.Options.GetTypeInfo(typeof(T));

    private async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancel)
    {
        try
        {
            if (!_isFound)
                await FindAsync(cancel);
            using var request = new HttpRequestMessage(method, path) { Content = content };
            using var response = await _http.SendAsync(request, cancel);
            if (!response.IsSuccessStatusCode)
                throw new CommandFailure(await FaultOfAsync(response, cancel));
            return (await response.Content.ReadFromJsonAsync(TypeOf<T>(), cancel))!;
        }
        catch (Exception exception) when (exception is SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError })
        {
            throw new CommandFailure(NoService());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException)
        {
            throw new CommandFailure(new Fault(
                "no-answer",
                $"The service on {_folder.Path} broke off its answer: {exception.Message}",
                $"See the log in {_folder.LogFolder}, then try again."));
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CommandFailure(new Fault(
                "no-answer",
                $"The service on {_folder.Path} did not answer within {_patience.TotalSeconds:0} s.",
                $"See the log in {_folder.LogFolder}."));
        }
    }

    // In a cluster's folder: the first node that answers. Who is slow is asked again only when nobody is faster: a machine may be busy.
    private async Task FindAsync(CancellationToken cancel)
    {
        _isFound = true;
        if (File.Exists(_folder.Socket))
            return;
        var whole = _folder;
        var asked = new ClusterFolder(whole).FindNodeFolders().ToList();
        foreach (var patience in _probePatiences)
        {
            var slow = new List<DataFolder>();
            foreach (var node in asked)
            {
                _folder = node;
                if (await ProbeAsync(patience, cancel) is not { } isThere)
                    slow.Add(node);
                else if (isThere)
                    return;
            }

            asked = slow;
        }

        _folder = whole;
    }

    // Whether a service is there; null when that takes too long.
    private async Task<bool?> ProbeAsync(TimeSpan patience, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(patience);
        try
        {
            using var answer = await _http.GetAsync(new Uri("status", UriKind.Relative), limit.Token);
            return true;
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return null;
        }
    }

    private async Task<Fault> FaultOfAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            if (await response.Content.ReadFromJsonAsync(ApiJson.Default.ProblemView, cancel) is { } problem)
                return new Fault(problem.Code, problem.Detail, problem.Fix);
        }
        catch (JsonException)
        {
            // Not from this program's API; told below.
        }

        return new Fault(
            "no-answer", $"The service on {_folder.Path} answered {(int)response.StatusCode}.", $"See the log in {_folder.LogFolder}.");
    }

    private Fault NoService() => new(
        "no-service",
        $"No service answers on the data folder {_folder.Path}.",
        "Start it with `./run --data DIR`, or name its folder with --data DIR or USS_DATA.");

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        if (!File.Exists(_folder.Socket))
            throw new SocketException((int)SocketError.ConnectionRefused);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var path = SocketPath.Open(_folder.Socket);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path.Name), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
