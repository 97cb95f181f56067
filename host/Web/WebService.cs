using System.Net.Sockets;
using Serilog.Extensions.Logging;
using Uss.Host.Cli;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.WebUi.Api;
using Uss.WebUi.Gateway;

namespace Uss.Host.Web;

/// <summary><c>uss web</c>: the web API in a process of its own, which carries no I/O and keeps no state.</summary>
internal static class WebService
{
    /// <summary>Serves until it is asked to stop.</summary>
    /// <param name="folder">Its own data folder.</param>
    /// <param name="listen">Where, on loopback.</param>
    /// <param name="nodes">Data folders of the nodes.</param>
    /// <param name="output">Where the ready line goes.</param>
    /// <param name="asked">Completes with the reason to stop.</param>
    /// <exception cref="CommandFailure">It could not start.</exception>
    public static Task RunAsync(
        DataFolder folder, Endpoint listen, IReadOnlyList<DataFolder> nodes, TextWriter output, Task<string> asked) =>
        Daemon.RunAsync(folder, async daemon =>
        {
            var token = WebToken.Obtain(folder, out var isNew);
            if (!token.IsOk)
                return token.Fault;
            List<NodeBackend> backends = [.. nodes.Select(BackendOf)];
            try
            {
                var started = await GatewayServer.StartAsync(listen, backends, token.Value, new SerilogLoggerProvider(daemon.Log));
                if (!started.IsOk)
                    return started.Fault;
                await using var server = started.Value;
                daemon.Held.WritePid();
                var address = server.Address.GetLeftPart(UriPartial.Authority);
                var ready = $"ready: web API on {address}{ManagementApi.Prefix} for {nodes.Count} nodes";
                daemon.Log.Information("{Ready:l}; clients need the token in {File}", ready, WebToken.PathIn(folder));
                await output.WriteLineAsync(ready);
                var what = isNew ? "new token" : "token";
                await output.WriteLineAsync($"Clients send 'Authorization: Bearer TOKEN' with the {what} in {WebToken.PathIn(folder)}.");
                await output.FlushAsync();
                daemon.Notifier.Ready(ready);
                daemon.Log.Information("{Reason}: stopping", await asked);
                daemon.Notifier.Stopping();
                return null;
            }
            finally
            {
                backends.ForEach(backend => backend.Dispose());
            }
        });

    private static NodeBackend BackendOf(DataFolder folder) =>
        new(Path.GetFileName(folder.Path), cancel => ConnectAsync(folder.Socket, cancel), TimeProvider.System);

    private static async ValueTask<Stream> ConnectAsync(string socketPath, CancellationToken cancel)
    {
        if (!File.Exists(socketPath))
            throw new SocketException((int)SocketError.ConnectionRefused);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var path = SocketPath.Open(socketPath);
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
