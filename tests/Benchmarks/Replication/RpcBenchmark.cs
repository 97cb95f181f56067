using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Uss.Benchmarks.Runtime;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Benchmarks.Replication;

/// <summary>
/// Calls between two reactors over one loopback connection: what a write to another copy and a read from it cost without
/// the disks. Beside it the same bytes without any protocol (<see cref="EchoBenchmark"/>).
/// </summary>
public static class RpcBenchmark
{
    private const byte Read = 1;
    private const byte Write = 2;
    private const long TimeoutNs = 10_000_000_000;

    private static readonly (string Name, byte Operation, int Bytes, int Depth)[] _cases =
    [
        ("write 4 KiB", Write, 4096, 1),
        ("write 4 KiB", Write, 4096, 32),
        ("write 64 KiB", Write, 65536, 8),
        ("write 1 MiB", Write, 1 << 20, 8),
        ("read 4 KiB", Read, 4096, 1),
        ("read 4 KiB", Read, 4096, 32),
        ("read 64 KiB", Read, 65536, 8),
        ("read 1 MiB", Read, 1 << 20, 8),
    ];

    /// <summary>Runs all cases, each with a row for the caller's reactor and one for the server's.</summary>
    public static async Task<int> RunAsync(string[] arguments)
    {
        var isQuick = arguments.Contains("--quick");
        var options = arguments.Contains("--tls") ? new RpcOptions { Tls = TlsIdentity.Create() } : RpcOptions.Default;
        Console.WriteLine(BenchmarkResult.Heading);
        foreach (var (name, operation, bytes, depth) in _cases)
        {
            var operations = (bytes > 65536 ? 10_000 : bytes > 4096 ? 50_000 : depth == 1 ? 50_000 : 400_000) / (isQuick ? 10 : 1);
            var (caller, server) = await MeasureAsync(options, operation, bytes, depth, operations);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}"));
            Console.WriteLine(caller);
            Console.WriteLine(server);
        }

        Console.WriteLine("bytes alone, 112 there and 4,208 back");
        Console.WriteLine(await EchoBenchmark.RunAsync(new EchoBenchmark.Parameters(112, 4208, 32, isQuick ? 40_000 : 400_000)));
        return 0;
    }

    private static async Task<(BenchmarkResult Caller, BenchmarkResult Server)> MeasureAsync(
        RpcOptions options, byte operation, int bytes, int depth, int operations)
    {
        var server = ReactorFactory.Create(new ReactorOptions { Name = "bench-server" }).Value.Reactor;
        var caller = ReactorFactory.Create(new ReactorOptions { Name = "bench-caller" }).Value.Reactor;
        server.Start();
        caller.Start();
        try
        {
            var listener = await server.InvokeAsync(() => new ValueTask<IListener>(server.Listen(new Endpoint(IPAddress.Loopback, 0), 4).Value!));
            var accepting = server.InvokeAsync(async () =>
                (await RpcConnection.AcceptAsync((await listener.AcceptAsync()).Value!, Identity("b"), new Service(), options)).Value!);
            var connection = await caller.InvokeAsync(async () =>
                (await RpcConnection.ConnectAsync(listener.Local, Identity("a"), new Service(), options)).Value!);
            var accepted = await accepting;
            await caller.InvokeAsync(() => RunAsync(caller, connection, operation, bytes, depth, operations / 5, null));
            var serverMeter = await server.InvokeAsync(() => new ValueTask<ReactorMeter>(new ReactorMeter(server, 0)));
            var callerResult = await caller.InvokeAsync(async () =>
            {
                var meter = new ReactorMeter(caller, operations);
                await RunAsync(caller, connection, operation, bytes, depth, operations, meter);
                return meter.Finish("  caller", depth, operations);
            });
            var serverResult = await server.InvokeAsync(
                () => new ValueTask<BenchmarkResult>(serverMeter.Finish("  server", depth, operations)));
            await caller.InvokeAsync(() => CloseAsync(connection));
            await server.InvokeAsync(() => CloseAsync(accepted));
            return (callerResult, serverResult);
        }
        finally
        {
            await caller.StopAsync();
            await server.StopAsync();
        }
    }

    private static RpcIdentity Identity(string name) => new(Guid.Empty, name, 1, new byte[32]);

    private static async ValueTask<bool> CloseAsync(RpcConnection connection)
    {
        await connection.CloseAsync();
        return true;
    }

    private static async ValueTask<bool> RunAsync(
        Reactor reactor, RpcConnection connection, byte operation, int bytes, int depth, int operations, ReactorMeter? meter)
    {
        var remaining = operations;
        var workers = new ValueTask[depth];
        for (var i = 0; i < depth; i++)
            workers[i] = WorkAsync();
        for (var i = 0; i < depth; i++)
            await workers[i];
        return true;

        [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
        async ValueTask WorkAsync()
        {
            while (remaining-- > 0)
            {
                var start = Stopwatch.GetTimestamp();
                var buffer = reactor.Buffers.Rent(bytes);
                var call = connection.Rent();
                call.Operation = operation;
                if (operation == Read)
                    call.Target = buffer.Slice(0, bytes);
                else
                    call.Payload = buffer.Slice(0, bytes);
                var status = await connection.CallAsync(call, TimeoutNs);
                if (status != RpcStatus.Ok)
                    throw new InvalidOperationException($"a call ended with {status}");
                connection.Return(call);
                buffer.Release();
                meter?.Add(Stopwatch.GetElapsedTime(start).Ticks * 100);
            }
        }
    }

    private sealed class Service : IRpcService
    {
        public ValueTask HandleAsync(RpcRequest request)
        {
            if (request.Operation == Read)
            {
                var buffer = Reactor.Current.Buffers.Rent(request.AnswerPayloadLimit);
                request.AnswerPayload = buffer.Slice(0, request.AnswerPayloadLimit);
                buffer.Release();
            }

            return ValueTask.CompletedTask;
        }
    }
}
