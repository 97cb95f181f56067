using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Uss.Runtime;
using Uss.TestSupport;
using Uss.WebUi.Api;
using Uss.WebUi.Services;

namespace Uss.WebUi.Gateway;

/// <summary>The web API in front of two real management sockets, one of which dies, hangs or comes back.</summary>
public sealed class GatewayServerTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    private static readonly Endpoint _anyPort = new(IPAddress.Loopback, 0);

    private TemporaryFolder _folder = null!;
    private ManagementServices _services = null!;
    private FakeNode _node = null!;
    private ApiServer? _first;
    private ApiServer? _second;
    private List<NodeBackend> _backends = null!;
    private GatewayServer _gateway = null!;
    private HttpClient _http = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryFolder();
        _node = new FakeNode();
        await _node.CreateVolumeAsync("demo", 1 << 30, 1);
        _services = new ManagementServices(_node, new MemoryRecords(), TimeProvider.System);
        _first = await ApiServer.StartAsync(_services, SocketOf(1));
        _second = await ApiServer.StartAsync(_services, SocketOf(2));
        _backends =
        [
            .. Enumerable.Range(1, 2).Select(index =>
                new NodeBackend($"n{index}", cancel => ConnectAsync(SocketOf(index), cancel), TimeProvider.System)),
        ];
        _gateway = (await GatewayServer.StartAsync(_anyPort, _backends, Token)).Value!;
        _http = new HttpClient { BaseAddress = new Uri(_gateway.Address, "/api/v1/") };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    [TearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _gateway.DisposeAsync();
        foreach (var server in (ApiServer?[])[_first, _second])
        {
            if (server is not null)
                await server.DisposeAsync();
        }

        _backends.ForEach(backend => backend.Dispose());
        _services.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Reads_and_changes_go_through()
    {
        Assert.That((await _http.GetFromJsonAsync<JsonElement>("volumes/demo")).GetProperty("name").GetString(), Is.EqualTo("demo"));
        using var made = await _http.PostAsJsonAsync("volumes", new { name = "v1", sizeBytes = 1 << 30 });
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(made.Headers.Location!.ToString(), Is.EqualTo("/api/v1/volumes/v1"));
        using var gone = await _http.DeleteAsync(new Uri("volumes/v1?confirm=v1", UriKind.Relative));
        Assert.That(gone.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the query goes through as well");
        using var missing = await _http.GetAsync(new Uri("volumes/none", UriKind.Relative));
        Assert.That(missing.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(missing.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/problem+json"));
    }

    [TestCase(null)]
    [TestCase("Bearer")]
    [TestCase("Bearer ")]
    [TestCase("Bearer 0123456789abcdef0123456789abcdeg")]
    [TestCase("Basic 0123456789abcdef0123456789abcdef")]
    public async Task Without_the_token_nothing_is_said(string? authorization)
    {
        _http.DefaultRequestHeaders.Authorization = null;
        if (authorization is not null)
            _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
        using var answer = await _http.GetAsync(new Uri("status", UriKind.Relative));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("token-required").And.Not.Contain("demo"));
    }

    [Test]
    public async Task When_a_node_dies_the_next_one_answers()
    {
        Assert.That((await _http.GetAsync(new Uri("volumes", UriKind.Relative))).IsSuccessStatusCode);
        await _first!.DisposeAsync();
        _first = null;
        for (var i = 0; i < 3; i++)
            Assert.That((await _http.GetAsync(new Uri("status", UriKind.Relative))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        using var made = await _http.PostAsJsonAsync("volumes", new { name = "v1", sizeBytes = 1 << 30 });
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await _second!.DisposeAsync();
        _second = null;
        using var nobody = await _http.GetAsync(new Uri("status", UriKind.Relative));
        Assert.That(nobody.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await nobody.Content.ReadAsStringAsync(), Does.Contain("no-service").And.Contain("n1, n2"));
        _first = await ApiServer.StartAsync(_services, SocketOf(1));
        Assert.That((await _http.GetAsync(new Uri("status", UriKind.Relative))).StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_node_that_takes_connections_and_says_nothing_is_passed_over()
    {
        await _first!.DisposeAsync();
        _first = null;
        File.Delete(SocketOf(1));
        using var deaf = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        deaf.Bind(new UnixDomainSocketEndPoint(SocketOf(1)));
        deaf.Listen();
        using var made = await _http.PostAsJsonAsync("volumes", new { name = "v1", sizeBytes = 1 << 30 });
        Assert.That(made.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(_node.Volumes.Keys, Has.Exactly(1).EqualTo("v1"));
    }

    [Test]
    public async Task Other_paths_and_large_bodies_are_refused()
    {
        using var root = await _http.GetAsync(new Uri("/", UriKind.Relative));
        Assert.That(root.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        using var body = new StringContent(new string('x', 100_000), Encoding.UTF8, "application/json");
        using var large = await _http.PostAsync(new Uri("volumes", UriKind.Relative), body);
        Assert.That(large.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
    }

    [Test]
    public async Task Only_loopback_is_listened_on()
    {
        var refused = await GatewayServer.StartAsync(new Endpoint(IPAddress.Any, 0), _backends, Token);
        Assert.That(refused.Fault!.Code, Is.EqualTo("bad-web"));
        var taken = await GatewayServer.StartAsync(new Endpoint(IPAddress.Loopback, _gateway.Address.Port), _backends, Token);
        Assert.That(taken.Fault!.Code, Is.EqualTo("port-in-use"));
    }

    private string SocketOf(int index) => Path.Combine(_folder.Path, $"n{index}.sock");

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
