using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Uss.Host.Cli;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cluster;

/// <summary>What <c>uss dev</c> asks of the supervisor: one line of JSON, answered by one line.</summary>
/// <param name="Verb">kill, freeze, thaw, stop, start or ls.</param>
/// <param name="Name">The node; null: all of them.</param>
internal sealed record ControlRequest(string Verb, string? Name);

/// <summary>The supervisor's answer.</summary>
/// <param name="Fault">Why it was not done; null when it was.</param>
/// <param name="Nodes">The nodes in question, as they are now.</param>
internal sealed record ControlAnswer(Fault? Fault, IReadOnlyList<LocalNodeView> Nodes);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlAnswer))]
internal sealed partial class ControlJson : JsonSerializerContext;

/// <summary>Takes requests on the folder's control socket.</summary>
internal sealed class ControlServer : IDisposable
{
    private const int MaximumRequestBytes = 4096;

    private readonly string _path;
    private readonly Func<ControlRequest, Task<ControlAnswer>> _handle;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public ControlServer(string path, Func<ControlRequest, Task<ControlAnswer>> handle)
    {
        _path = path;
        _handle = handle;

        // The folder's lock is held: what lies there is a former supervisor's.
        File.Delete(path);
        using var name = SocketPath.Open(path);
        _socket.Bind(new UnixDomainSocketEndPoint(name.Name));
        _socket.Listen();
        _ = AcceptAsync();
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(_path);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _socket.AcceptAsync());
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var buffer = new byte[MaximumRequestBytes];
            var length = 0;
            while (length < buffer.Length && !buffer.AsSpan(0, length).Contains((byte)'\n'))
            {
                var count = await stream.ReadAsync(buffer.AsMemory(length));
                if (count == 0)
                    return;
                length += count;
            }

            if (JsonSerializer.Deserialize(buffer.AsSpan(0, length), ControlJson.Default.ControlRequest) is not { } request)
                return;
            var answer = await _handle(request);
            await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(answer, ControlJson.Default.ControlAnswer), (byte)'\n']);
        }
        catch (Exception exception) when (exception is IOException or SocketException or JsonException)
        {
            // Who asked is gone or asked nonsense.
        }
    }
}

/// <summary>Asks the supervisor of a cluster on this machine.</summary>
internal static class ControlClient
{
    /// <exception cref="CommandFailure">Nobody supervises a cluster on this folder, or it refuses.</exception>
    public static async Task<IReadOnlyList<LocalNodeView>> AskAsync(ClusterFolder folder, ControlRequest request, CancellationToken cancel)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            if (!File.Exists(folder.ControlSocket))
                throw new CommandFailure(NoCluster(folder));
            using (var name = SocketPath.Open(folder.ControlSocket))
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(name.Name), cancel);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(
                (byte[])[.. JsonSerializer.SerializeToUtf8Bytes(request, ControlJson.Default.ControlRequest), (byte)'\n'], cancel);
            using var reader = new StreamReader(stream);
            var line = await reader.ReadLineAsync(cancel);
            if (line is null || JsonSerializer.Deserialize(line, ControlJson.Default.ControlAnswer) is not { } answer)
                throw new CommandFailure(NoCluster(folder));
            return answer.Fault is { } fault ? throw new CommandFailure(fault) : answer.Nodes;
        }
        catch (Exception exception) when (exception is SocketException or IOException or JsonException)
        {
            throw new CommandFailure(NoCluster(folder));
        }
    }

    private static Fault NoCluster(ClusterFolder folder) => new(
        "no-service",
        $"No cluster runs on the data folder {folder.Data.Path}.",
        "Start one with `./run --nodes 3 --data DIR`, or name its folder with --data DIR or USS_DATA.");
}
