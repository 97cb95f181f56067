using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Benchmarks.Runtime;

/// <summary>
/// A request of 48 bytes and a reply of 4 KiB over one loopback connection: the network half of a 4 KiB read. Client and
/// server have a reactor each; the server's processor time is charged.
/// </summary>
public static class EchoBenchmark
{
    /// <summary>Parameters of <see cref="RunAsync"/>.</summary>
    /// <param name="RequestBytes">Bytes of a request.</param>
    /// <param name="ReplyBytes">Bytes of a reply.</param>
    /// <param name="Depth">Requests under way at a time.</param>
    /// <param name="Operations">Requests to measure.</param>
    public sealed record Parameters(int RequestBytes = 48, int ReplyBytes = 4096, int Depth = 32, long Operations = 200_000);

    /// <summary>Measures on reactors of the kind that <see cref="ReactorFactory"/> chooses.</summary>
    public static async Task<BenchmarkResult> RunAsync(Parameters parameters)
    {
        var serverReactor = ReactorFactory.Create(new ReactorOptions { Name = "bench-server" }).Value.Reactor;
        var clientReactor = ReactorFactory.Create(new ReactorOptions { Name = "bench-client" }).Value.Reactor;
        serverReactor.Start();
        clientReactor.Start();
        try
        {
            var listener = await serverReactor.InvokeAsync(
                () => new ValueTask<IListener>(serverReactor.Listen(new Endpoint(IPAddress.Loopback, 0), 16).Value!));
            var warmUp = Math.Max(parameters.Operations / 10, parameters.Depth);
            var serving = serverReactor.InvokeAsync(() => ServeAsync(serverReactor, listener, parameters, warmUp));
            var latencies = await clientReactor.InvokeAsync(() => AskAsync(clientReactor, listener.Local, parameters, warmUp));
            var result = await serving;
            Array.Sort(latencies);
            return result with
            {
                MedianUs = latencies[latencies.Length / 2] / 1000.0,
                P99Us = latencies[(int)(latencies.Length * 0.99)] / 1000.0,
                P999Us = latencies[(int)(latencies.Length * 0.999)] / 1000.0,
            };
        }
        finally
        {
            await clientReactor.StopAsync();
            await serverReactor.StopAsync();
        }
    }

    private static async ValueTask<BenchmarkResult> ServeAsync(
        ThreadedReactor reactor, IListener listener, Parameters parameters, long warmUp)
    {
        var accepted = await listener.AcceptAsync();
        var connection = accepted.Value!;
        await ReplyAsync(reactor, connection, parameters, warmUp);
        var meter = new ReactorMeter(reactor, 0);
        await ReplyAsync(reactor, connection, parameters, parameters.Operations);
        var result = meter.Finish("echo server", parameters.Depth, parameters.Operations);
        await connection.CloseAsync();
        await listener.CloseAsync();
        return result;
    }

    // Takes as many whole requests as have arrived and answers all of them at once, as a target does.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask ReplyAsync(Reactor reactor, IConnection connection, Parameters parameters, long count)
    {
        var requests = reactor.Buffers.Rent(65536);
        var reply = reactor.Buffers.Rent(parameters.ReplyBytes);
        using var vector = new SendVector(65536 / parameters.RequestBytes);
        var partial = 0;
        while (count > 0)
        {
            var room = Math.Min(requests.Capacity - partial, (count * parameters.RequestBytes) - partial);
            var received = await connection.ReceiveAsync(requests.Slice(partial, (int)room));
            if (received.Value <= 0)
                throw new InvalidOperationException(received.ToString());
            var available = partial + received.Bytes;
            for (; available >= parameters.RequestBytes; available -= parameters.RequestBytes)
            {
                vector.Add(reply.Slice(0, parameters.ReplyBytes));
                count--;
            }

            partial = available;
            await connection.SendAsync(vector);
            vector.Clear();
        }

        requests.Release();
        reply.Release();
    }

    private static async ValueTask<long[]> AskAsync(ThreadedReactor reactor, Endpoint server, Parameters parameters, long warmUp)
    {
        var connected = await reactor.ConnectAsync(server);
        var connection = connected.Value!;
        await AskAsync(reactor, connection, parameters, new long[warmUp]);
        var latencies = new long[parameters.Operations];
        await AskAsync(reactor, connection, parameters, latencies);
        await connection.CloseAsync();
        return latencies;
    }

    // Keeps the depth: as many requests go out as replies have come in.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask AskAsync(Reactor reactor, IConnection connection, Parameters parameters, long[] latencies)
    {
        var request = reactor.Buffers.Rent(parameters.RequestBytes);
        var replies = reactor.Buffers.Rent(1 << 20);
        using var vector = new SendVector(parameters.Depth);
        var starts = new long[parameters.Depth];
        long asked = 0;
        long answered = 0;
        var partial = 0;
        while (answered < latencies.Length)
        {
            var now = Stopwatch.GetTimestamp();
            for (; asked < latencies.Length && asked - answered < parameters.Depth; asked++)
            {
                starts[asked % parameters.Depth] = now;
                vector.Add(request.Slice(0, parameters.RequestBytes));
            }

            await connection.SendAsync(vector);
            vector.Clear();
            var received = await connection.ReceiveAsync(replies.Slice());
            if (received.Value <= 0)
                throw new InvalidOperationException(received.ToString());
            now = Stopwatch.GetTimestamp();
            partial += received.Bytes;
            for (; partial >= parameters.ReplyBytes; partial -= parameters.ReplyBytes, answered++)
                latencies[answered] = now - starts[answered % parameters.Depth];
        }

        request.Release();
        replies.Release();
    }
}
