using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Uss.Runtime;
using Uss.WebUi.Api;
using Endpoint = Uss.Runtime.Endpoint;

namespace Uss.WebUi.Gateway;

/// <summary>
/// Serves the REST API on a loopback address to whoever has the token, by handing requests on to a node that is alive. It
/// keeps no state.
/// </summary>
public sealed class GatewayServer : IAsyncDisposable
{
    private const int LargestBodyBytes = 64 << 10;
    private const string Scheme = "Bearer ";

    private static readonly TimeSpan _readLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _changeLimit = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;
    private readonly IReadOnlyList<NodeBackend> _nodes;
    private readonly byte[] _tokenHash;
    private int _preferred;

    private GatewayServer(WebApplication application, IReadOnlyList<NodeBackend> nodes, string token)
    {
        _application = application;
        _nodes = nodes;
        _tokenHash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Starts to listen. Faults: an address beyond loopback, a port that is taken.</summary>
    /// <param name="listen">A loopback address; port 0: any.</param>
    /// <param name="nodes">The nodes, in the order in which they are asked; owned by the caller.</param>
    /// <param name="token">What clients must show.</param>
    /// <param name="logging">Takes the web server's log; null: none.</param>
    public static async Task<Result<GatewayServer>> StartAsync(
        Endpoint listen, IReadOnlyList<NodeBackend> nodes, string token, ILoggerProvider? logging = null)
    {
        if (!listen.IsLoopback)
        {
            return new Fault(
                "bad-web",
                $"The web API would listen on {listen}, where other machines reach it, without encryption.",
                "Listen on loopback, for example 127.0.0.1:8080, and use a tunnel (ssh -L) from other machines.");
        }

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        if (logging is not null)
            builder.Logging.AddProvider(logging).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = 256;
            kestrel.Listen(new IPEndPoint(listen.Address, listen.Port));
        });
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        var application = builder.Build();
        var server = new GatewayServer(application, nodes, token);
        application.Run(server.ServeAsync);
        try
        {
            await application.StartAsync();
        }
        catch (IOException exception)
        {
            await application.DisposeAsync();
            return new Fault(
                "port-in-use",
                $"The web API cannot listen on {listen}: {exception.Message}",
                "Give another port with --web 127.0.0.1:PORT.");
        }

        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        server.Address = new Uri(addresses.First());
        return server;
    }

    /// <summary>Stops to listen and waits for requests under way, at most a second.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (!IsKnown(context.Request.Headers.Authorization.ToString()))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            var fault = new Fault(
                "token-required",
                "The web API needs its token.",
                "Send 'Authorization: Bearer TOKEN'; the token is in the file web-token of its data folder.");
            await FaultResult.WriteAsync(context, fault, StatusCodes.Status401Unauthorized);
            return;
        }

        if (!context.Request.Path.StartsWithSegments(ManagementApi.Prefix, StringComparison.Ordinal))
        {
            var fault = new Fault("route-not-found", $"There is no {context.Request.Path}.", $"The API is under {ManagementApi.Prefix}.");
            await FaultResult.WriteAsync(context, fault, StatusCodes.Status404NotFound);
            return;
        }

        try
        {
            await HandOnAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        catch (BadHttpRequestException bad)
        {
            await FaultResult.WriteAsync(context, new Fault("bad-request", bad.Message, "Send small JSON documents."), bad.StatusCode);
        }
    }

    // Hashes are of one length, so that the comparison tells nothing by its time.
    private bool IsKnown(string authorization) =>
        authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(authorization[Scheme.Length..])), _tokenHash);

    private async Task HandOnAsync(HttpContext context)
    {
        using var received = new MemoryStream();
        await context.Request.Body.CopyToAsync(received, context.RequestAborted);
        var body = received.ToArray();
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        var limit = isRead ? _readLimit + WaitOf(context.Request) : _changeLimit;
        var first = _preferred;
        for (var attempt = 0; attempt < _nodes.Count; attempt++)
        {
            var index = (first + attempt) % _nodes.Count;
            var node = _nodes[index];
            if (!await node.IsAwakeAsync(context.RequestAborted))
                continue;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
            patience.CancelAfter(limit);
            try
            {
                using var request = RequestOf(context.Request, body);
                using var answer = await node.SendAsync(request, patience.Token);
                var content = await answer.Content.ReadAsByteArrayAsync(patience.Token);
                _preferred = index;
                await AnswerAsync(context, answer, content);
                return;
            }
            catch (Exception exception) when (NodeBackend.IsLoss(exception) && !context.RequestAborted.IsCancellationRequested)
            {
                if (isRead || NodeBackend.IsUnsent(exception))
                    continue;

                // It may have been carried out: tried elsewhere it could happen twice.
                var lost = new Fault(
                    "change-unknown",
                    $"{node.Name} took the request and did not answer: it may or may not have been carried out.",
                    "Look whether it was, then try again if need be.");
                await FaultResult.WriteAsync(context, lost, StatusCodes.Status504GatewayTimeout);
                return;
            }
        }

        var nobody = new Fault(
            "no-service",
            $"No node answers; asked {string.Join(", ", _nodes.Select(node => node.Name))}.",
            "Start one: `uss node --data DIR`, on one machine `uss dev start node1`.");
        await FaultResult.WriteAsync(context, nobody, StatusCodes.Status503ServiceUnavailable);
    }

    // A request for events waits as long as it says.
    private static TimeSpan WaitOf(HttpRequest request) =>
        int.TryParse(request.Query["waitSeconds"], out var seconds) ? TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 30)) : TimeSpan.Zero;

    private static HttpRequestMessage RequestOf(HttpRequest request, byte[] body) =>
        new(new HttpMethod(request.Method), request.Path.ToUriComponent() + request.QueryString.ToUriComponent())
        {
            Content = body.Length > 0 ? NodeBackend.Json(body, request.ContentType) : null,
        };

    private static async Task AnswerAsync(HttpContext context, HttpResponseMessage answer, byte[] content)
    {
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        context.Response.ContentLength = content.Length;
        if (answer.Headers.Location is { } location)
            context.Response.Headers.Location = location.ToString();
        await context.Response.Body.WriteAsync(content, context.RequestAborted);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
