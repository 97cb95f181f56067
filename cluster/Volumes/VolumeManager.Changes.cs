using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

public sealed partial class VolumeManager
{
    // A volume must not grow over a range that is being discarded.
    private readonly AsyncGate _resizing = new();

    /// <summary>Creates a thin volume; it can be found and used when the call completes.</summary>
    public async ValueTask<Result<VolumeDescription>> CreateAsync(VolumeSpecification specification)
    {
        var name = specification.Name;
        if ((VolumeRules.CheckName(name) ?? VolumeRules.CheckSize(specification.SizeBytes)) is { } bad)
            return bad;
        if (_volumes.ContainsKey(name) || _broken.ContainsKey(name))
            return Exists(name);
        var pool = specification.Pool is not { } wanted ? await _pools.EnsureAsync(specification.Copies)
            : _pools.FindByName(wanted) is { } named ? named
            : new Fault("pool-not-found", $"There is no pool '{wanted}'.", "List the pools with `uss pool ls`.");
        if (!pool.IsOk)
            return pool.Fault;

        while (true)
        {
            var read = await _coordination.GetAsync(CountersRecord.Key);
            var present = await _coordination.GetAsync(VolumeRecord.KeyOf(name));
            var home = await _coordination.GetAsync(PoolRecord.KeyOf(pool.Value.Record.Id));
            if (!read.IsAvailable || !present.IsAvailable || !home.IsAvailable)
                return CoordinationFaults.Unavailable;
            if (present.Entries.Count > 0)
                return Exists(name);

            // Whoever removes a pool changes the counters.
            if (home.Entries.Count == 0)
                return new Fault("pool-not-found", $"Pool '{pool.Value.Record.Name}' was removed.", "List the pools with `uss pool ls`.");
            var counters = Counters.From(read);
            if (!counters.IsOk)
                return counters.Fault;
            var record = new VolumeRecord
            {
                Id = VolumeRecord.FormatId(_context.Reactor.NewNumber()),
                Name = name,
                SizeBytes = specification.SizeBytes,
                Pool = pool.Value.Record.Id,
                Space = VolumeRecord.FormatId(SpaceId.Compose(pool.Value.Record.Id, counters.Value.NextFamily, 0)),
                CreatedAt = _context.Reactor.UtcNow,
            };
            var commit = await _coordination.CommitAsync(
                [new Condition(VolumeRecord.KeyOf(name), 0), new Condition(CountersRecord.Key, Counters.RevisionOf(read))],
                [Put(record), Counters.Put(counters.Value with { NextFamily = counters.Value.NextFamily + 1 })]);
            if (commit.Status == CommitStatus.Conflict)
                continue;
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            await AppliedAsync(commit.Revision);
            return Describe(name) is { } description ? description : Missing(name);
        }
    }

    /// <summary>Changes the size. Growing is done at once; shrinking destroys what lies beyond and must be forced.</summary>
    public async ValueTask<Result<VolumeDescription>> ResizeAsync(string name, long sizeBytes, bool force = false)
    {
        if (VolumeRules.CheckSize(sizeBytes) is { } bad)
            return bad;
        await _resizing.EnterAsync();
        var result = await ResizeInTurnAsync(name, sizeBytes, force);
        _resizing.Leave();
        return result;
    }

    private async ValueTask<Result<VolumeDescription>> ResizeInTurnAsync(string name, long sizeBytes, bool force)
    {
        while (true)
        {
            var read = await ReadAsync(name);
            if (!read.IsOk)
                return read.Fault;
            var (record, revision) = read.Value;
            if (sizeBytes < record.SizeBytes && !force)
            {
                return new Fault(
                    "shrink-needs-force",
                    $"Volume '{name}' has {record.SizeBytes} bytes; shrinking it to {sizeBytes} destroys the data beyond.",
                    "Shrink the file system first, then force it.");
            }

            if (sizeBytes > record.SizeBytes && record.TrimBytes > record.SizeBytes)
            {
                // What a shrink left behind must not come back as data.
                if (await TrimAsync(name) is { } untrimmed)
                    return untrimmed;
                continue;
            }

            var resized = record with
            {
                SizeBytes = sizeBytes,
                TrimBytes = sizeBytes < record.SizeBytes ? Math.Max(record.SizeBytes, record.TrimBytes) : record.TrimBytes,
            };
            var commit = await _coordination.CommitAsync([new Condition(VolumeRecord.KeyOf(name), revision)], [Put(resized)]);
            if (commit.Status == CommitStatus.Conflict)
                continue;
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            await AppliedAsync(commit.Revision);
            if (resized.TrimBytes > sizeBytes)
                await TrimAsync(name);
            return Describe(name) is { } description ? description : Missing(name);
        }
    }

    /// <summary>
    /// Removes the volume. Operations under way finish, later ones end as removed; the space is deleted on every disk,
    /// on one that is absent when it returns.
    /// </summary>
    public async ValueTask<Fault?> RemoveAsync(string name)
    {
        while (true)
        {
            var read = await ReadAsync(name);
            if (!read.IsOk)
                return read.Fault;
            var (record, revision) = read.Value;
            var space = VolumeRecord.ParseId(record.Space);
            var removed = new RemovedSpaceRecord { PendingDisks = [.. _node.KnownDisks()] };
            var commit = await _coordination.CommitAsync(
                [new Condition(VolumeRecord.KeyOf(name), revision)],
                [
                    new Change(VolumeRecord.KeyOf(name), null),
                    new Change(VolumeRecord.ReservationKeyOf(new VolumeId(VolumeRecord.ParseId(record.Id))), null),
                    new Change(RemovedSpaceRecord.KeyOf(space), CoordinationJson.Write(removed, VolumesJson.Default.RemovedSpaceRecord)),
                ]);
            if (commit.Status == CommitStatus.Conflict)
                continue;
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;

            // Applying the change waits for operations under way, so nothing writes to the space after it is deleted.
            await AppliedAsync(commit.Revision);
            await _node.DeleteSpaceAsync(space);
            return null;
        }
    }

    /// <summary>
    /// Condition of a commit that makes sense only while the volume exists, such as one of a record that goes with it. It fails, too,
    /// when the volume's record changed otherwise.
    /// </summary>
    /// <returns>Null when the volume is gone or the store does not answer.</returns>
    public async ValueTask<Condition?> ConditionAsync(VolumeId id)
    {
        if (_volumes.Values.FirstOrDefault(volume => volume.Id == id)?.Name is not { } name)
            return null;
        var read = await ReadAsync(name);
        return read.IsOk && VolumeRecord.ParseId(read.Value.Record.Id) == id.Value
            ? new Condition(VolumeRecord.KeyOf(name), read.Value.Revision)
            : null;
    }

    private async ValueTask<Result<(VolumeRecord Record, long Revision)>> ReadAsync(string name)
    {
        var read = await _coordination.GetAsync(VolumeRecord.KeyOf(name));
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (read.Entries.Count == 0)
            return Missing(name);
        var entry = read.Entries[0];
        var record = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.VolumeRecord);
        return record.IsOk ? (record.Value, entry.ModifiedRevision) : record.Fault;
    }

    private static Change Put(VolumeRecord record) =>
        new(VolumeRecord.KeyOf(record.Name), CoordinationJson.Write(record, VolumesJson.Default.VolumeRecord));

    private static Fault Exists(string name) => new("volume-exists", $"There is a volume '{name}' already.", "Choose another name.");

    private static Fault Missing(string name) =>
        new("volume-missing", $"There is no volume '{name}'.", "List the volumes to see their names.");
}
