using Uss.Coordination.Simulated;
using Uss.Runtime.Simulated;
using Uss.Simulation.Blocks;
using Uss.Store;
using Uss.Volumes;

namespace Uss.Simulation.Volumes;

/// <summary>What goes wrong. Only one disk of a seed is ever lost or spoiled: two copies cover that.</summary>
public sealed partial class VolumeScenario
{
    private const long NsPerMs = 1_000_000;
    private const long GrowthBytes = 3L << 20;

    // Their own random numbers: runs without splits are what they would be if there were none.
    private Runtime.SeededRandom _splits = null!;
    private bool _hasSplits;
    private bool _isResizing;
    private int _disksReturning;
    private ulong _tailStamp = 1UL << 40;

    private void Disturb()
    {
        SplitNowAndThen();
        switch (Crashes.Next(16))
        {
            case 0:
                Reached("processes killed");
                Restart(isPowerCut: false);
                break;
            case 1 or 2:
                Reached("power cuts");
                Restart(isPowerCut: true);
                break;
            case 3 when Crashes.Next(2) == 0:
                Reached("nodes stopped and started");
                StopAndStart();
                break;
            case 4 or 5 when !_isVictimAway:
                Reached("disks lost");
                LoseVictim();
                break;
            case 6 or 7 or 8 when _isVictimAway:
                ReturnVictim();
                break;
            case 9 when !_isVictimAway:
                SpoilVictim();
                break;
            case 10:
                _coordination.IsDown = true;
                Reached("coordination outages");
                break;
            case 11 or 12 or 13:
                HealCoordination();
                break;
            case 14:
                _coordination.MaximumDelayNs = 1 + Crashes.Next(20 * NsPerMs);
                _coordination.LostAnswers = Crashes.Next(3) == 0 ? 0.1 : 0;
                break;
            case 15 when !_isResizing:
                StartResize();
                break;
        }
    }

    // Few groups where they are to be split.
    private int ChooseSplits()
    {
        _splits = World.Stream("splits");
        _hasSplits = _splits.Next(2) == 0;
        return _hasSplits ? 4 << _splits.Next(3) : 0;
    }

    private void SplitNowAndThen()
    {
        if (!_hasSplits || _node.Pools.Count == 0 || _splits.Next(16) != 0)
            return;
        var (node, pool) = (_node, _node.Pools.ElementAt(_splits.Next(_node.Pools.Count)));
        if (pool.Record.Groups > 64 || !pool.CanSplit)
            return;
        World.Start(_reactor, async () =>
        {
            if (await node.SplitPoolAsync(pool.Record.Id) is null)
                Reached("pools split");
            return true;
        });
    }

    private void HealCoordination()
    {
        _coordination.IsDown = false;
        _coordination.LostAnswers = 0;
        _coordination.MaximumDelayNs = 0;
    }

    /// <summary>The process dies, sometimes again while it starts, and starts.</summary>
    private void Restart(bool isPowerCut)
    {
        HealCoordination();
        Kill(isPowerCut);
        for (var attempt = 0; attempt < 3 && Crashes.Next(3) == 0; attempt++)
        {
            _reactor = World.CreateReactor("node");
            var sources = _disks.ConvertAll(Source);
            World.Start(_reactor, () => BlockNode.StartAsync(new SimulatedCoordinationStore(_state, _coordination), sources, _options));
            World.RunUntilEvents((long)Math.Exp(Crashes.NextDouble() * Math.Log(2000)), LongNs);
            Reached("starts interrupted");
            Kill(Crashes.Next(2) == 0);
        }

        _reactor = World.CreateReactor("node");
        StartNode();
        if (!_isVictimAway)
            SettleFailed();
        StartClients();
    }

    private void Kill(bool isPowerCut)
    {
        if (isPowerCut)
            World.PowerCut(_reactor.Host);
        else
            World.Crash(_reactor);
        AbandonStores();
        _isResizing = false;
        _disksReturning = 0;
        foreach (var volume in _volumes)
            volume.OnCrash(World.NowNs);
    }

    private void AbandonStores()
    {
        for (var i = 0; i < _stores.Count; i++)
        {
            _stores[i]?.Abandon();
            _stores[i] = null;
        }
    }

    private void SettleFailed()
    {
        foreach (var volume in _volumes)
            volume.SettleFailed(World.NowNs);
    }

    private void StopAndStart()
    {
        HealCoordination();
        World.Run(_reactor, () => _node.CloseAsync(), LongNs);

        // Clients are told that their volumes are gone, or were told something else before.
        Require(World.RunUntil(() => _reactor.Buffers.RentedBuffers == 0, LongNs), "a stopped node holds no buffers");
        World.Crash(_reactor);
        _isResizing = false;
        _disksReturning = 0;
        for (var i = 0; i < _stores.Count; i++)
            _stores[i] = null;
        foreach (var volume in _volumes)
            volume.OnCrash(World.NowNs);
        _reactor = World.CreateReactor("node");
        StartNode();
        if (!_isVictimAway)
            SettleFailed();
        StartClients();
    }

    /// <summary>The victim fails every read and write from now on.</summary>
    private void LoseVictim()
    {
        _isVictimAway = true;
        _victim.Faults.ReadError = 1;
        _victim.Faults.WriteError = 1;
    }

    /// <summary>The victim works again, with what it had.</summary>
    private void ReturnVictim()
    {
        _victim.Faults.Clear();
        _isVictimAway = false;
        ReturnDisk(_victim);
    }

    private void ReturnDisk(SimulatedDisk disk)
    {
        _disksReturning++;
        World.Start(
            _reactor,
            async () =>
            {
                // A disk that nobody saw fail serves all the same.
                var added = await _node.AddDiskAsync(Source(disk));
                World.Trace?.Invoke($"{World.NowNs} {disk.Path} is back: {added.Fault}");
                _disksReturning--;
                return true;
            });
    }

    /// <summary>Bits rot on the victim where another copy covers them.</summary>
    private void SpoilVictim()
    {
        if (_volumes.Exists(volume => volume.Copies == 1) || _node.Status is not { DegradedGroups: 0, ResyncingGroups: 0 })
            return;

        // A crash tells acknowledged writes from others by their data until a barrier vouches for them.
        World.RunFor(4 * _storeOptions.IdleBarrierMs * NsPerMs);
        if (_stores[_disks.IndexOf(_victim)] is not { } store || _node.Status is not { DegradedGroups: 0, ResyncingGroups: 0 })
            return;
        for (var count = 1 + Crashes.Next(8); count > 0; count--)
        {
            var offset = _victim.WrittenPageOffset(Crashes.Next(_victim.WrittenPages));
            if (offset < store.Core.Geometry.DataStart)
                continue;
            Reached("pages spoiled");
            if (Crashes.Next(2) == 0)
                _victim.FlipBit(offset + Crashes.Next(StoreUnits.BlockBytes), Crashes.Next(8));
            else
                _victim.BreakSectors(offset, 512);
        }
    }

    /// <summary>A volume grows, its new end is written, it shrinks again, grows again, and shows zeros there.</summary>
    private void StartResize()
    {
        _isResizing = true;
        var volume = _volumes[Crashes.Next(_volumes.Count)];
        World.Start(
            _reactor,
            async () =>
            {
                await ResizeAsync(volume.Name);
                _isResizing = false;
                return true;
            });
    }

    private async ValueTask ResizeAsync(string name)
    {
        const long size = (long)Blocks * StoreUnits.BlockBytes;
        var volumes = _node.Volumes;
        World.Trace?.Invoke($"{World.NowNs} resize of {volumes.Find(name)?.Record}");
        var shrunk = await volumes.ResizeAsync(name, size, force: true);
        World.Trace?.Invoke($"{World.NowNs} shrunk: {shrunk.Fault} {volumes.Find(name)?.Record}");
        if (!shrunk.IsOk)
            return;
        var grown = await volumes.ResizeAsync(name, size + GrowthBytes);
        World.Trace?.Invoke($"{World.NowNs} grown: {grown.Fault} {volumes.Find(name)?.Record}");
        if (!grown.IsOk || volumes.Find(name) is not { } volume)
            return;
        var buffer = _reactor.Buffers.Rent(16 * StoreUnits.BlockBytes);
        var slice = buffer.Slice(0, 16 * StoreUnits.BlockBytes);
        var read = await volume.ReadAsync(size, slice);
        Require(!read.IsOk || !slice.Span.ContainsAnyExcept((byte)0), "what a shrink cut off does not come back");
        for (var i = 0; i < 16; i++)
            BlockContent.Fill(slice.Span.Slice(i * StoreUnits.BlockBytes, StoreUnits.BlockBytes), ++_tailStamp);
        await volume.WriteAsync(size, slice);
        buffer.Release();
        Reached("volumes resized");
    }
}
