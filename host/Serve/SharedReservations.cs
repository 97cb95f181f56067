using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Target.Scsi;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;

namespace Uss.Host.Serve;

/// <summary>
/// Persistent reservations of a cluster: one record a volume under <c>reservations/VOLUME-ID</c>, which the front-ends of all nodes go
/// by. Each change counts up <see cref="FrontEndFence.HeadKey"/>. Reactor thread only.
/// </summary>
internal sealed class SharedReservations(Reactor reactor, ICoordinationStore coordination, BlockNode block) : ISharedReservations, IDisposable
{
    // Longer than it takes to replace a node that is frozen or cut off, shorter than initiators wait for an answer.
    private const long SettleNs = 8_000_000_000;
    private const long RetryNs = 100_000_000;

    private IWatch? _watch;
    private bool _isStopped;

    /// <inheritdoc/>
    public async ValueTask<SharedReservationRecord?> ReadAsync(VolumeId volume)
    {
        var read = await coordination.GetAsync(VolumeRecord.ReservationKeyOf(volume));
        if (!read.IsAvailable)
            return null;
        if (read.Entries.Count == 0)
            return new SharedReservationRecord(0, null);
        var record = ReservationJournal.Read(read.Entries[0]);
        return record.IsOk ? new SharedReservationRecord(read.Entries[0].ModifiedRevision, record.Value) : null;
    }

    /// <inheritdoc/>
    public async ValueTask<long?> CommitAsync(VolumeId volume, SharedReservationRecord read, ReservationRecord next)
    {
        // The record goes with the volume, and must not come back after that.
        var exists = await block.Volumes.ConditionAsync(volume);
        var head = await coordination.GetAsync(FrontEndFence.HeadKey);
        if (!head.IsAvailable || exists is not { } existing)
            return null;
        var last = head.Entries.Count == 0 ? null : head.Entries[0];
        var number = (last is null ? 0 : FrontEndFence.Parse(last.Value)) + 1;
        var key = VolumeRecord.ReservationKeyOf(volume);
        var document = CoordinationJson.Write(next, ReservationJson.Default.ReservationRecord);
        var commit = await coordination.CommitAsync(
            [existing, new Condition(key, read.Revision), new Condition(FrontEndFence.HeadKey, last?.ModifiedRevision ?? 0)],
            [new Change(key, document), new Change(FrontEndFence.HeadKey, FrontEndFence.Format(number))]);
        return commit.Status switch
        {
            CommitStatus.Applied => number,
            CommitStatus.Conflict => 0,
            _ => null,
        };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> SettleAsync(VolumeId volume, long number) =>
        block.Volumes.All.FirstOrDefault(known => known.Id == volume) is not { } served
        || await block.SettleFenceAsync(number, served.Pool.Record.Id, SettleNs);

    /// <summary>Hands all records to the device and follows them from there on, before the device serves anybody.</summary>
    public async ValueTask<Fault?> StartAsync(ScsiDevice device)
    {
        var read = await coordination.ListAsync(VolumeRecord.ReservationPrefix);
        if (!read.IsAvailable)
            return WebUi.Services.Faults.RecordsUnavailable;
        var number = 0L;
        foreach (var entry in read.Entries)
        {
            if (ReservationJournal.VolumeOf(entry.Key) is not { } volume)
            {
                number = FrontEndFence.Parse(entry.Value);
                continue;
            }

            var record = ReservationJournal.Read(entry);
            if (!record.IsOk)
                return record.Fault;
            device.RestoreReservations(volume, record.Value);
        }

        _watch = coordination.Watch(VolumeRecord.ReservationPrefix, read.Revision);
        reactor.Spawn(FollowAsync(device, _watch, number));
        return null;
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        _isStopped = true;
        _watch?.Dispose();
    }

    private async ValueTask FollowAsync(ScsiDevice device, IWatch watch, long number)
    {
        await RaiseAsync(number);
        while (!_isStopped)
        {
            var batch = await watch.NextAsync();
            var volumes = new List<VolumeId>();
            foreach (var change in batch.Changes)
            {
                if (change.Value is not { } document)
                    continue;
                if (ReservationJournal.VolumeOf(change.Key) is not { } volume)
                {
                    number = FrontEndFence.Parse(document);
                    continue;
                }

                var record = ReservationJournal.Read(new Entry(change.Key, document, 0));
                if (!record.IsOk)
                    continue;
                await device.TakeInReservationsAsync(volume, record.Value);
                volumes.Add(volume);
            }

            block.Fence.Begin(number);
            foreach (var volume in volumes)
                await device.DrainShutOutAsync(volume);
            await RaiseAsync(number);
        }
    }

    private async ValueTask RaiseAsync(long number)
    {
        while (!_isStopped && !await block.RaiseFenceAsync(number))
            await reactor.DelayAsync(RetryNs);
    }
}
