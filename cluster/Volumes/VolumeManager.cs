using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>
/// The volumes of this node. What exists is in the coordination store; this class follows it by a watch, so that
/// changes made here and changes made elsewhere take the same way.
/// </summary>
public sealed partial class VolumeManager
{
    private readonly BlockNode _node;
    private readonly ICoordinationStore _coordination;
    private readonly PoolDirectory _pools;
    private readonly VolumeContext _context;
    private readonly SortedDictionary<string, Volume> _volumes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Fault> _broken = new(StringComparer.Ordinal);
    private readonly List<(long Revision, TaskCompletionSource Waiter)> _waiters = [];
    private long _appliedRevision;
    private IWatch? _watch;

    internal VolumeManager(BlockNode node, ICoordinationStore coordination, PoolDirectory pools, Reactor reactor)
    {
        _node = node;
        _coordination = coordination;
        _pools = pools;
        _context = new VolumeContext(reactor);
    }

    /// <summary>The volume of that name, or null.</summary>
    public Volume? Find(string name) => _volumes.GetValueOrDefault(name);

    /// <summary>All volumes in the order of their names.</summary>
    public IReadOnlyCollection<Volume> All => _volumes.Values;

    /// <summary>Volumes whose record cannot be used, with the reason.</summary>
    public IReadOnlyDictionary<string, Fault> Broken => _broken;

    /// <summary>All volumes with their usage, in the order of their names. Walks the object tables.</summary>
    public IReadOnlyList<VolumeDescription> List()
    {
        var usage = _node.UsageBySpace();
        return [.. _volumes.Values.Select(volume => Describe(volume, usage))];
    }

    /// <summary>One volume with its usage, or null.</summary>
    public VolumeDescription? Describe(string name) => Find(name) is { } volume ? Describe(volume, _node.UsageBySpace()) : null;

    /// <summary>The contents of a file system's files.</summary>
    /// <param name="pool">Its pool, which there is.</param>
    /// <param name="fileSystem">Its number.</param>
    internal FileSpaces FilesOf(Pool pool, int fileSystem) => new(new SpaceAccess(pool, _context), fileSystem);

    internal async ValueTask<Fault?> StartAsync()
    {
        var read = await _coordination.ListAsync(VolumeRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
            await ApplyAsync(new Change(entry.Key, entry.Value));
        _appliedRevision = read.Revision;
        _watch = _coordination.Watch(VolumeRecord.Prefix, read.Revision);
        _context.Reactor.Spawn(FollowAsync(_watch));
        _context.Reactor.Spawn(TrimAllAsync());
        return null;
    }

    internal void Close()
    {
        _watch?.Dispose();
        _watch = null;
    }

    // Completes once the change committed at that revision is in force here.
    private ValueTask AppliedAsync(long revision)
    {
        if (_appliedRevision >= revision)
            return ValueTask.CompletedTask;
        var waiter = new TaskCompletionSource();
        _waiters.Add((revision, waiter));
        return new ValueTask(waiter.Task);
    }

    private async ValueTask FollowAsync(IWatch watch)
    {
        while (ReferenceEquals(watch, _watch))
        {
            var batch = await watch.NextAsync();
            var present = batch.IsWhole ? batch.Changes.Select(change => change.Key).ToHashSet(StringComparer.Ordinal) : null;
            foreach (var name in _volumes.Keys.Where(name => present?.Contains(VolumeRecord.KeyOf(name)) == false).ToList())
                await ApplyAsync(new Change(VolumeRecord.KeyOf(name), null));
            foreach (var change in batch.Changes)
                await ApplyAsync(change);
            _appliedRevision = batch.Revision;
            foreach (var (_, waiter) in _waiters.Where(entry => entry.Revision <= batch.Revision).ToList())
                waiter.SetResult();
            _waiters.RemoveAll(entry => entry.Revision <= batch.Revision);
        }
    }

    private async ValueTask ApplyAsync(Change change)
    {
        var name = change.Key[VolumeRecord.Prefix.Length..];
        _broken.Remove(name);
        if (change.Value is not { } document)
        {
            await RetireAsync(name);
            return;
        }

        var record = CoordinationJson.Read(change.Key, document, VolumesJson.Default.VolumeRecord);
        if (!record.IsOk)
        {
            _broken[name] = record.Fault;
            return;
        }

        if (_volumes.TryGetValue(name, out var existing) && existing.Record.Id == record.Value.Id)
        {
            existing.Apply(record.Value);
            _node.Announce(new NodeEvent(NodeEventKind.VolumeChanged, name));
            return;
        }

        await RetireAsync(name);
        if (await _pools.FindOrLoadAsync(record.Value.Pool) is not { } pool)
        {
            _broken[name] = new Fault("pool-missing", $"Volume '{name}' refers to pool {record.Value.Pool}, which does not exist.");
            return;
        }

        _volumes[name] = new Volume(record.Value, pool, _context);
        _node.Announce(new NodeEvent(NodeEventKind.VolumeCreated, name));
    }

    private async ValueTask RetireAsync(string name)
    {
        if (!_volumes.Remove(name, out var volume))
            return;
        _node.Announce(new NodeEvent(NodeEventKind.VolumeRemoved, name));
        await volume.RetireAsync();
    }

    private VolumeDescription Describe(Volume volume, IReadOnlyDictionary<ulong, long> usage) => new()
    {
        Id = volume.Id,
        Name = volume.Name,
        SizeBytes = volume.SizeBytes,
        UsedBytes = usage.GetValueOrDefault(volume.Space) * StoreUnits.BlockBytes,
        Copies = volume.Pool.Record.Copies,
        Pool = volume.Pool.Record.Name,
        CreatedAt = volume.Record.CreatedAt,
        Health = HealthOf(volume.Pool),
    };

    // Every volume of more than a few objects touches all groups of its pool.
    private VolumeHealth HealthOf(Pool pool)
    {
        var health = VolumeHealth.Healthy;
        foreach (var group in pool.Groups)
        {
            var (isServing, copies) = _node.HealthOf(group);
            if (!isServing)
                return VolumeHealth.Unavailable;
            if (copies < pool.Record.Copies)
                health = VolumeHealth.Degraded;
        }

        return health;
    }
}
