using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Uss.TestSupport;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>The API as its callers see it: over the socket, in JSON.</summary>
public sealed class ApiServerTests
{
    private TemporaryFolder _folder = null!;
    private ManagementServices _services = null!;
    private ApiServer _server = null!;
    private HttpClient _http = null!;

    private string Socket => Path.Combine(_folder.Path, "uss.sock");

    [SetUp]
    public async Task StartAsync()
    {
        _folder = new TemporaryFolder();
        var node = new FakeNode();
        await node.CreateVolumeAsync("demo", 1 << 30, 1);
        var records = new MemoryRecords();
        node.Records = records;
        _services = new ManagementServices(node, records, TimeProvider.System);
        _server = await ApiServer.StartAsync(_services, Socket);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        {
            BaseAddress = new Uri("http://uss/"),
        };
    }

    [TearDown]
    public async Task StopAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _services.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void OnlyTheOwnerCanOpenTheSocket() =>
        Assert.That(File.GetUnixFileMode(Socket), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));

    [TestCase("status", "target")]
    [TestCase("volumes", "items")]
    [TestCase("volumes/demo", "sizeBytes")]
    [TestCase("luns", "items")]
    [TestCase("initiators", "items")]
    [TestCase("file-systems", "items")]
    [TestCase("exports", "items")]
    [TestCase("exports/clients", "items")]
    [TestCase("sessions", "items")]
    [TestCase("disks", "items")]
    [TestCase("nodes", "items")]
    public async Task EveryListIsServed(string path, string property)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, "api/v1/" + path);
        Assert.That((int)status, Is.EqualTo(200), body);
        Assert.That(JsonDocument.Parse(body).RootElement.TryGetProperty(property, out _), Is.True, body);
    }

    [Test]
    public async Task AVolumeGoesThroughItsLife()
    {
        var (created, body) = await SendAsync(HttpMethod.Post, "api/v1/volumes", """{"name":"v1","sizeBytes":1073741824,"copies":2}""");
        Assert.That((int)created, Is.EqualTo(201), body);
        Assert.That(JsonDocument.Parse(body).RootElement.GetProperty("copies").GetInt32(), Is.EqualTo(2));
        var (mapped, _) = await SendAsync(HttpMethod.Post, "api/v1/luns", """{"volume":"v1","lun":1}""");
        Assert.That((int)mapped, Is.EqualTo(201));
        var (grown, _) = await SendAsync(HttpMethod.Patch, "api/v1/volumes/v1", """{"sizeBytes":2147483648}""");
        Assert.That((int)grown, Is.EqualTo(200));
        await ExpectProblemAsync(HttpMethod.Delete, "api/v1/volumes/v1?confirm=v1", null, 409, "volume-mapped");
        var (unmapped, _) = await SendAsync(HttpMethod.Delete, "api/v1/luns/1");
        Assert.That((int)unmapped, Is.EqualTo(200));
        await ExpectProblemAsync(HttpMethod.Delete, "api/v1/volumes/v1", null, 428, "confirmation-required");
        var (removed, _) = await SendAsync(HttpMethod.Delete, "api/v1/volumes/v1?confirm=v1");
        Assert.That((int)removed, Is.EqualTo(200));
        await ExpectProblemAsync(HttpMethod.Get, "api/v1/volumes/v1", null, 404, "volume-not-found");
    }

    [Test]
    public async Task AFileSystemGoesThroughItsLife()
    {
        var (created, body) = await SendAsync(HttpMethod.Post, "api/v1/file-systems", """{"name":"home","copies":2}""");
        Assert.That((int)created, Is.EqualTo(201), body);
        const string Export = """{"path":"/a/home","fileSystem":"home","rules":[{"clients":"10.0.0.0/24"}]}""";
        var (exported, export) = await SendAsync(HttpMethod.Post, "api/v1/exports", Export);
        Assert.That((int)exported, Is.EqualTo(201), export);
        var rule = JsonDocument.Parse(export).RootElement.GetProperty("rules")[0];
        Assert.That((rule.GetProperty("squash").GetString(), rule.GetProperty("anonymousUser").GetInt32()), Is.EqualTo(("root", 65534)));
        var (changed, _) = await SendAsync(HttpMethod.Patch, "api/v1/exports/%2Fa%2Fhome", """{"removeClients":["10.0.0.0/24"]}""");
        Assert.That((int)changed, Is.EqualTo(200));
        var (found, one) = await SendAsync(HttpMethod.Get, "api/v1/exports/%2Fa%2Fhome");
        Assert.That(((int)found, JsonDocument.Parse(one).RootElement.GetProperty("rules").GetArrayLength()), Is.EqualTo((200, 0)));
        await ExpectProblemAsync(HttpMethod.Delete, "api/v1/file-systems/home?confirm=home", null, 409, "file-system-in-use");
        await ExpectProblemAsync(HttpMethod.Delete, "api/v1/exports/%2Fa%2Fhome", null, 428, "confirmation-required");
        var (taken, _) = await SendAsync(HttpMethod.Delete, "api/v1/exports/%2Fa%2Fhome?confirm=%2Fa%2Fhome");
        Assert.That((int)taken, Is.EqualTo(200));
        var (removed, going) = await SendAsync(HttpMethod.Delete, "api/v1/file-systems/home?confirm=home");
        Assert.That((int)removed, Is.EqualTo(200), going);
        Assert.That(JsonDocument.Parse(going).RootElement.GetProperty("state").GetString(), Is.EqualTo("removing"));
    }

    [Test]
    public async Task SecretsGoInAndNeverComeOut()
    {
        const string Body = """{"iqn":"iqn.1993-08.org.debian:01:a","chap":{"user":"u","secret":"very-secret-12"}}""";
        var (created, body) = await SendAsync(HttpMethod.Post, "api/v1/initiators", Body);
        Assert.That((int)created, Is.EqualTo(201), body);
        var (_, list) = await SendAsync(HttpMethod.Get, "api/v1/initiators");
        Assert.That(body + list, Does.Not.Contain("very-secret-12").And.Contain("\"chapUser\":\"u\""));
        var escaped = Uri.EscapeDataString("iqn.1993-08.org.debian:01:a");
        var (changed, _) = await SendAsync(HttpMethod.Patch, $"api/v1/initiators/{escaped}", """{"removeChap":true}""");
        Assert.That((int)changed, Is.EqualTo(200));
        var (removed, _) = await SendAsync(HttpMethod.Delete, $"api/v1/initiators/{escaped}?confirm={escaped}");
        Assert.That((int)removed, Is.EqualTo(200));
    }

    [TestCase("POST", "api/v1/volumes", "{", 400, "bad-request")]
    [TestCase("POST", "api/v1/volumes", """{"name":"v1"}""", 400, "bad-request")]
    [TestCase("POST", "api/v1/volumes", """{"name":"v1","sizeBytes":4096,"colour":"red"}""", 400, "bad-request")]
    [TestCase("POST", "api/v1/volumes", """{"name":"v1","sizeBytes":1000}""", 400, "bad-size")]
    [TestCase("POST", "api/v1/volumes", """{"name":"demo","sizeBytes":1048576}""", 409, "volume-exists")]
    [TestCase("POST", "api/v1/volumes", null, 400, "bad-request")]
    [TestCase("POST", "api/v1/luns", """{"volume":"demo","lun":300}""", 400, "bad-lun")]
    [TestCase("GET", "api/v1/nothing", null, 404, "route-not-found")]
    [TestCase("GET", "api/v1/disks/disk9", null, 404, "disk-not-found")]
    [TestCase("PUT", "api/v1/volumes", "{}", 405, "method-not-allowed")]
    [TestCase("DELETE", "api/v1/luns/x", null, 404, "route-not-found")]
    public Task BadRequestsGetAProblemWithAFix(string method, string path, string? body, int status, string code) =>
        ExpectProblemAsync(new HttpMethod(method), path, body, status, code);

    [Test]
    public Task HugeBodiesAreRefused() => ExpectProblemAsync(
        HttpMethod.Post, "api/v1/volumes", $$"""{"name":"{{new string('a', 100_000)}}","sizeBytes":4096}""", 413, "bad-request");

    private async Task ExpectProblemAsync(HttpMethod method, string path, string? body, int status, string code)
    {
        using var request = Request(method, path, body);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.That((int)response.StatusCode, Is.EqualTo(status), text);
        var problem = JsonDocument.Parse(text).RootElement;
        Assert.Multiple(() =>
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
            Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo(code));
            Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
            Assert.That(problem.GetProperty("detail").GetString(), Is.Not.Empty);
        });
    }

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpMethod method, string path, string? body = null)
    {
        using var request = Request(method, path, body);
        using var response = await _http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string? body) => new(method, path)
    {
        Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
    };
}
