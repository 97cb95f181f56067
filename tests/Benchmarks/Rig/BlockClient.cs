using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Uss.Benchmarks.Runtime;
using Uss.Coordination.Etcd;
using Uss.Replication;
using Uss.Runtime;
using Uss.Runtime.Threaded;
using Uss.Volumes;

namespace Uss.Benchmarks.Rig;

/// <summary>
/// A member of a running cluster without disks and without a target, in this process: its volumes reach their groups by the
/// nodes' own protocol, as a front-end's do.
/// </summary>
internal sealed class BlockClient
{
    // More than any machine here does; only sizes the list of latencies.
    private const int MostPerSecond = 300_000;
    private const int FillBytes = 1 << 20;
    private const int FillDepth = 4;

    private readonly ThreadedReactor _reactor;
    private BlockNode _node = null!;
    private EtcdCoordinationStore _etcd = null!;
    private Volume _volume = null!;
    private ReactorMeter _meter = null!;
    private long _deadlineNs;
    private long _count;
    private long _limit;
    private long _next;

    private BlockClient(ThreadedReactor reactor) => _reactor = reactor;

    /// <summary>Joins the cluster of a data folder of <c>uss serve --nodes</c> and opens a volume.</summary>
    public static async Task<BlockClient> StartAsync(string data, string volume)
    {
        var client = new BlockClient(Need(ReactorFactory.Create(new ReactorOptions { Name = "bench", Seed = 1 })).Reactor);
        client._reactor.Start();
        await client._reactor.InvokeAsync(() => client.OpenAsync(data, volume));
        return client;
    }

    /// <summary>Leaves the cluster.</summary>
    public async Task StopAsync()
    {
        await _reactor.InvokeAsync(async () =>
        {
            await _node.CloseAsync();
            await _etcd.CloseAsync();
            return true;
        });
        await _reactor.StopAsync();
    }

    /// <summary>Writes all of the volume once.</summary>
    public Task FillAsync() => _reactor.InvokeAsync(async () =>
    {
        _next = 0;
        var workers = new ValueTask[FillDepth];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = FillPartAsync();
        for (var i = 0; i < workers.Length; i++)
            await workers[i];
        return true;
    });

    /// <summary>Reads or writes 4 KiB at random places for some seconds; all figures are of this process.</summary>
    public Task<BenchmarkResult> MeasureAsync(bool isWrite, int depth, int seconds) => _reactor.InvokeAsync(async () =>
    {
        _count = 0;
        _limit = (long)seconds * MostPerSecond;
        _meter = new ReactorMeter(_reactor, _limit);
        _deadlineNs = _reactor.MonotonicNs + (seconds * 1_000_000_000L);
        var workers = new ValueTask[depth];
        for (var i = 0; i < workers.Length; i++)
            workers[i] = WorkAsync(isWrite);
        for (var i = 0; i < workers.Length; i++)
            await workers[i];
        return _meter.Finish("", depth, _count);
    });

    private static T Need<T>(Result<T> result) => result.IsOk ? result.Value : throw new BenchmarkException(result.Fault.ToString());

    private static JsonElement Property(JsonDocument document, string name) =>
        document.RootElement.EnumerateObject().First(one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private async ValueTask<bool> OpenAsync(string data, string name)
    {
        using var layout = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(data, "layout.json")));
        using var identity = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(data, "cluster.json")));
        var etcd = new Uri($"http://127.0.0.1:{Property(layout, "etcdPort").GetInt32()}");
        _etcd = Need(await EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = [etcd] }));
        _node = Need(await BlockNode.StartAsync(_etcd, [], new BlockNodeOptions
        {
            NodeName = "bench",
            Cluster = new PeerOptions
            {
                ClusterId = Property(identity, "id").GetGuid(),
                ClusterKey = Property(identity, "key").GetBytesFromBase64(),
                Listen = new Endpoint(IPAddress.Parse("127.0.0.9"), Property(layout, "nodePort").GetInt32()),
            },
        }));
        var untilNs = _reactor.MonotonicNs + 30_000_000_000;
        while (_node.Volumes.Find(name) is null || !_node.Peers!.All.All(peer => peer.IsConnected) || _node.Status.UnavailableGroups > 0)
        {
            if (_reactor.MonotonicNs > untilNs)
                throw new BenchmarkException("the nodes of the cluster are not reached");
            await _reactor.DelayAsync(20_000_000);
        }

        // Until the nodes' clocks were heard, changes are refused.
        await _reactor.DelayAsync(1_000_000_000);
        _volume = _node.Volumes.Find(name)!;
        return true;
    }

    private async ValueTask FillPartAsync()
    {
        var buffer = _reactor.Buffers.Rent(FillBytes);
        _reactor.Random.Fill(buffer.Slice().Span);
        while (_next < _volume.SizeBytes)
        {
            var offset = _next;
            _next += FillBytes;
            Check(await _volume.WriteAsync(offset, buffer.Slice(0, FillBytes)));
        }

        buffer.Release();
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WorkAsync(bool isWrite)
    {
        var buffer = _reactor.Buffers.Rent(4096);
        var slice = buffer.Slice(0, 4096);
        _reactor.Random.Fill(slice.Span);
        while (_reactor.MonotonicNs < _deadlineNs && _count < _limit)
        {
            _count++;
            var startedNs = System.Diagnostics.Stopwatch.GetTimestamp();
            var offset = _reactor.Random.Next(_volume.SizeBytes / 4096) * 4096;
            Check(isWrite ? await _volume.WriteAsync(offset, slice) : await _volume.ReadAsync(offset, slice));
            _meter.Add((long)System.Diagnostics.Stopwatch.GetElapsedTime(startedNs).TotalNanoseconds);
        }

        buffer.Release();
    }

    private static void Check(VolumeResult result)
    {
        if (!result.IsOk)
            throw new BenchmarkException($"an operation failed: {result}");
    }
}
