using Uss.Coordination;
using Uss.Placement;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

// New pools: by name, as an administrator asks for them, or by a number of copies, as the first volume needs one.
internal sealed partial class PoolDirectory
{
    // Names of the pools that volumes make by themselves.
    private const string OwnPrefix = "copies-";

    private const int MaximumCopies = 4;

    public Pool? FindByName(string name) => _pools.Values.FirstOrDefault(pool => pool.Record.Name == name);

    /// <summary>The pool with a number of copies; created when there is none yet.</summary>
    public async ValueTask<Result<Pool>> EnsureAsync(int copies)
    {
        await _creating.EnterAsync();
        var pool = await EnsureInTurnAsync(copies);
        _creating.Leave();
        return pool;
    }

    /// <summary>Creates a pool. Faults: a name that is taken or cannot be, and the placement rule that fails.</summary>
    public async ValueTask<Result<Pool>> CreateAsync(PoolSpecification specification)
    {
        var name = specification.Name;
        if (VolumeRules.CheckName(name) is not null || name.StartsWith(OwnPrefix, StringComparison.Ordinal))
        {
            return new Fault(
                "bad-pool-name",
                $"'{name}' is no name for a pool.",
                $"Use 1 to 63 of a-z 0-9 . _ -, starting with a letter or digit and not with '{OwnPrefix}'.");
        }

        if (specification.Copies is < 1 or > MaximumCopies)
            return new Fault("bad-copies", $"A pool cannot have {specification.Copies} copies.", $"Use 1 to {MaximumCopies}.");
        if (specification.DiskClass is { } diskClass && TopologyRules.CheckClass(diskClass) is { } bad)
            return bad;
        await _creating.EnterAsync();
        var pool = await CreateInTurnAsync(specification);
        _creating.Leave();
        return pool;
    }

    private async ValueTask<Result<Pool>> CreateInTurnAsync(PoolSpecification specification)
    {
        var disks = node.OnlineTopology();
        var diskClass = specification.DiskClass == TopologyRules.AnyClass ? null : specification.DiskClass;
        var record = Draft(specification.Name, specification.Copies, disks, diskClass) with
        {
            MinimumCopies = specification.MinimumCopies ?? 0,
            FailureDomain = specification.FailureDomain ?? DefaultDomain,
        };

        // The policy as it was asked for: the record's own reading of it forgives a minimum that is too high.
        var policy = record.ToPolicy() with { MinimumCopies = specification.MinimumCopies ?? record.MinCopies };
        if (PlacementRules.Check(disks, policy) is { } rule)
            return new Fault(rule.Code, rule.Message, rule.Remedy);
        return await MakeAsync(record, disks, isNew: true);
    }

    private async ValueTask<Result<Pool>> EnsureInTurnAsync(int copies)
    {
        var name = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{OwnPrefix}{copies}");
        if (FindByName(name) is { } existing)
            return existing;
        var disks = node.OnlineTopology();
        var places = disks.Disks.Where(disk => disk.EffectiveWeightBytes > 0)
            .Select(disk => disk.DomainName(DefaultDomain)).Distinct().Count();
        if (copies is >= 1 and <= MaximumCopies && copies <= places)
            return await MakeAsync(Draft(name, copies, disks), disks, isNew: false);
        return new Fault(
            "not-enough-disks",
            context.IsAlone
                ? $"{copies} copies on different disks cannot be had from {places} disks that are online."
                : $"{copies} copies on different nodes cannot be had from {places} nodes that are online with a disk.",
            context.IsAlone ? "Add disks, or ask for fewer copies." : "Add nodes, or ask for fewer copies.");
    }

    private FailureDomain DefaultDomain => context.IsAlone ? FailureDomain.Disk : FailureDomain.Node;

    private PoolRecord Draft(string name, int copies, Topology disks, string? diskClass = null) => new()
    {
        Id = 0,
        Name = name,
        Copies = copies,
        Groups = node.SuggestGroups(disks.Disks.Count(disk => diskClass is null || disk.Class == diskClass), copies),
        DiskClass = diskClass,
        FailureDomain = DefaultDomain,
        Hash = PlacementHash.Version,
    };

    // Every new pool changes the counters, so that of two nodes that make pools at once one sees what the other made.
    private async ValueTask<Result<Pool>> MakeAsync(PoolRecord draft, Topology disks, bool isNew)
    {
        while (true)
        {
            var read = await coordination.GetAsync(CountersRecord.Key);
            if (!read.IsAvailable)
                return CoordinationFaults.Unavailable;
            var counters = Counters.From(read);
            if (!counters.IsOk)
                return counters.Fault;
            if (await LoadNewAsync() is { } unread)
                return unread;
            if (FindByName(draft.Name) is { } existing)
                return isNew ? new Fault("pool-exists", $"There is a pool '{draft.Name}' already.", "Choose another name.") : existing;
            if (counters.Value.NextPool > SpaceId.MaximumPool)
                return new Fault("too-many-pools", "There are no pool numbers left.");
            var record = draft with { Id = counters.Value.NextPool };
            var topology = node.TopologyVersion;

            // A disk that is removed at the same time must not come into the map: who removes it looked at the maps before.
            var snapshot = await TopologySnapshot.ReadAsync(coordination);
            if (!snapshot.IsOk)
                return snapshot.Fault;
            var present = new Topology(disks.Disks.Where(disk => snapshot.Value.Disks.ContainsKey(disk.Id)));
            var map = PlacementSolver.Solve(present, record.ToPolicy()).Map;
            var commit = await coordination.CommitAsync(
                [new Condition(CountersRecord.Key, Counters.RevisionOf(read)), snapshot.Value.Condition],
                [
                    Counters.Put(counters.Value with { NextPool = record.Id + 1 }),
                    new Change(PoolRecord.KeyOf(record.Id), CoordinationJson.Write(record, ReplicationJson.Default.PoolRecord)),
                    PutMap(record.Id, map, topology),
                ]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;

            // Somebody else took the number, or the disks are others now.
            if (commit.Status == CommitStatus.Conflict)
                continue;
            // Its watch may have brought it already.
            if (Find(record.Id) is { } found)
                return found;
            (_mapRevisions[record.Id], _mapTopologies[record.Id]) = (commit.Revision, topology);
            var pool = new Pool(record, map, context);
            return await StartAsync(pool) is { } fault ? fault : pool;
        }
    }

    // Pools of other nodes that the watch has not brought yet.
    private async ValueTask<Fault?> LoadNewAsync()
    {
        if (context.IsAlone)
            return null;
        var pools = await coordination.ListAsync("pools/");
        if (!pools.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in pools.Entries.Where(entry => Find(PoolRecord.IdOf(entry.Key)) is null).ToList())
        {
            var map = await coordination.GetAsync(MapRecord.KeyOf(PoolRecord.IdOf(entry.Key)));
            if (!map.IsAvailable)
                return CoordinationFaults.Unavailable;
            if (await LoadAsync(entry, map.Entries.Count > 0 ? map.Entries[0] : null) is { } fault)
                return fault;
        }

        return null;
    }
}
