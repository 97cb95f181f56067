using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Uss.Runtime;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>Serves the REST API on a Unix domain socket, which only the owner of the data folder can open.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    // Bodies are small JSON documents.
    private const int LargestBodyBytes = 64 << 10;

    private readonly WebApplication _application;

    private ApiServer(WebApplication application) => _application = application;

    /// <summary>Builds the service and starts to listen.</summary>
    /// <param name="services">The services that its routes call.</param>
    /// <param name="socketPath">Where to listen; a leftover socket is replaced.</param>
    /// <param name="logging">Takes the web server's log; null: none.</param>
    public static async Task<ApiServer> StartAsync(ManagementServices services, string socketPath, ILoggerProvider? logging = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        if (logging is not null)
            builder.Logging.AddProvider(logging).AddFilter("Microsoft", LogLevel.Warning);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestBodyBytes;
            kestrel.ListenUnixSocket(socketPath);
        });
        // The program handles signals and decides in which order its parts stop.
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, ApiJson.Default);
            json.SerializerOptions.UnmappedMemberHandling = ApiJson.Default.Options.UnmappedMemberHandling;
        });
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        builder.Services.AddSingleton(services.Volumes);
        builder.Services.AddSingleton(services.Luns);
        builder.Services.AddSingleton(services.Initiators);
        builder.Services.AddSingleton(services.FileSystems);
        builder.Services.AddSingleton(services.Addresses);
        builder.Services.AddSingleton(services.Exports);
        builder.Services.AddSingleton(services.Node);
        builder.Services.AddSingleton(services.Pools);
        builder.Services.AddSingleton(services.Tokens);
        builder.Services.AddSingleton(services.Scrubs);
        builder.Services.AddSingleton(services.Health);
        builder.Services.AddSingleton(services.Events);
        builder.Services.AddSingleton(services.Recovery);
        builder.Services.AddSingleton(services.Changes);

        var application = builder.Build();
        application.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = AnswerExceptionAsync,
            AllowStatusCode404Response = true,
        });
        application.UseStatusCodePages(static context => AnswerStatusAsync(context.HttpContext));
        application.UseRouting();
        ManagementApi.Map(application);
        File.Delete(socketPath);
        await application.StartAsync();
        File.SetUnixFileMode(socketPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return new ApiServer(application);
    }

    /// <summary>Stops to listen and waits for requests under way, at most a second.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _application.StopAsync(limit.Token);
        await _application.DisposeAsync();
    }

    private static Task AnswerExceptionAsync(HttpContext context)
    {
        var exception = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        if (exception is BadHttpRequestException bad)
        {
            var reason = bad.InnerException?.Message ?? bad.Message;
            return FaultResult.WriteAsync(
                context, new Fault("bad-request", reason, "See docs/cli.md for what the API takes."), bad.StatusCode);
        }

        return FaultResult.WriteAsync(
            context,
            new Fault("internal-error", $"The service failed: {exception?.Message}", "Report it together with the service's log."),
            StatusCodes.Status500InternalServerError);
    }

    private static Task AnswerStatusAsync(HttpContext context)
    {
        var status = context.Response.StatusCode;
        var request = $"{context.Request.Method} {context.Request.Path}";
        var fault = status switch
        {
            StatusCodes.Status404NotFound => new Fault("route-not-found", $"The API has no {request}.", "See docs/cli.md."),
            StatusCodes.Status405MethodNotAllowed => new Fault("method-not-allowed", $"The API has no {request}.", "See docs/cli.md."),
            _ => new Fault("bad-request", $"The API does not take {request}.", "Send application/json."),
        };
        return FaultResult.WriteAsync(context, fault, status);
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
