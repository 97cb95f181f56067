using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>
/// The file systems that there are, by their records: followed by a watch, so that changes made here and elsewhere take the same way. What
/// is in them is the front-ends' business.
/// </summary>
public sealed class FileSystemDirectory
{
    private readonly BlockNode _node;
    private readonly ICoordinationStore _coordination;
    private readonly PoolDirectory _pools;
    private readonly Reactor _reactor;
    private readonly SortedDictionary<string, FileSystemRecord> _records = new(StringComparer.Ordinal);
    private readonly ChangeSignal _applied = new();
    private long _appliedRevision;
    private IWatch? _watch;

    internal FileSystemDirectory(BlockNode node, ICoordinationStore coordination, PoolDirectory pools, Reactor reactor) =>
        (_node, _coordination, _pools, _reactor) = (node, coordination, pools, reactor);

    /// <summary>All file systems in the order of their names.</summary>
    public IReadOnlyCollection<FileSystemRecord> All => _records.Values;

    /// <summary>The file system of that name, or null.</summary>
    public FileSystemRecord? Find(string name) => _records.GetValueOrDefault(name);

    /// <summary>The file system of that number, or null.</summary>
    public FileSystemRecord? Find(int id) => _records.Values.FirstOrDefault(record => record.Id == id);

    /// <summary>Creates an empty file system; it can be found when the call completes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="copies">Copies of each block; left aside where a pool is named.</param>
    /// <param name="poolName">The pool; null: the one for that number of copies.</param>
    /// <param name="root">Its uppermost directory; null: one that everybody may use.</param>
    /// <returns>Its record. Faults: a name that is taken or cannot be, no such pool, no number left.</returns>
    public async ValueTask<Result<FileSystemRecord>> CreateAsync(
        string name, int copies, string? poolName = null, RootDirectory? root = null)
    {
        if (CheckName(name) is { } bad)
            return bad;

        // Before a pool is made for it.
        if (Find(name) is { } known)
            return Exists(known);
        var pool = poolName is null ? await _pools.EnsureAsync(copies)
            : _pools.FindByName(poolName) is { } named ? named
            : BlockNode.NoPool(poolName);
        if (!pool.IsOk)
            return pool.Fault;
        while (true)
        {
            var read = await _coordination.GetAsync(CountersRecord.Key);
            var home = await _coordination.GetAsync(PoolRecord.KeyOf(pool.Value.Record.Id));
            if (!read.IsAvailable || !home.IsAvailable)
                return CoordinationFaults.Unavailable;

            // Whoever removes a pool changes the counters.
            if (home.Entries.Count == 0)
                return BlockNode.NoPool(pool.Value.Record.Name);
            var counters = Counters.From(read);
            if (!counters.IsOk)
                return counters.Fault;
            var record = new FileSystemRecord
            {
                Id = counters.Value.NextFileSystem,
                Name = name,
                Pool = pool.Value.Record.Id,
                CreatedAt = _reactor.UtcNow,
                Root = root ?? RootDirectory.Default,
            };
            if (record.Id > SpaceId.MaximumFileSystem)
                return new Fault("no-file-system-number", $"There have been {SpaceId.MaximumFileSystem} file systems: no number is left.");
            var commit = await _coordination.CommitAsync(
                [new Condition(FileSystemRecord.KeyOf(name), 0), new Condition(CountersRecord.Key, Counters.RevisionOf(read))],
                [Put(record), Counters.Put(counters.Value with { NextFileSystem = record.Id + 1 })]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Applied)
            {
                await AppliedAsync(commit.Revision);
                return record;
            }

            if (await FindTakenAsync(name) is { } taken)
                return taken;
        }
    }

    /// <summary>Gives a file system another name; its number, its contents and the exports that name it stay.</summary>
    /// <returns>Its record. Faults: no such file system, a name that is taken or cannot be.</returns>
    public async ValueTask<Result<FileSystemRecord>> RenameAsync(string name, string newName)
    {
        if (CheckName(newName) is { } bad)
            return bad;
        while (true)
        {
            var read = await ReadAsync(name);
            if (!read.IsOk)
                return read.Fault;
            var (record, revision) = read.Value;
            if (record.IsRemoving)
                return NotFound(name);
            if (name == newName)
                return record;
            var renamed = record with { Name = newName };
            var commit = await _coordination.CommitAsync(
                [new Condition(FileSystemRecord.KeyOf(name), revision), new Condition(FileSystemRecord.KeyOf(newName), 0)],
                [new Change(FileSystemRecord.KeyOf(name), null), Put(renamed)]);
            if (commit.Status == CommitStatus.Unknown)
                return CoordinationFaults.Unavailable;
            if (commit.Status == CommitStatus.Applied)
            {
                await AppliedAsync(commit.Revision);
                return renamed;
            }

            if (await FindTakenAsync(newName) is { } taken)
                return taken;
        }
    }

    /// <summary>
    /// Begins to remove a file system: from here on nobody serves it, and its owner gives back what it holds before it calls
    /// <see cref="ForgetAsync"/>.
    /// </summary>
    /// <param name="name">The file system.</param>
    /// <param name="conditions">What must hold beside, such as that no export names it.</param>
    /// <returns>Null when it is begun. Faults: no such file system, a condition that does not hold any more.</returns>
    public async ValueTask<Fault?> RemoveAsync(string name, IReadOnlyList<Condition> conditions)
    {
        var read = await ReadAsync(name);
        if (!read.IsOk)
            return read.Fault;
        var (record, revision) = read.Value;
        if (record.IsRemoving)
            return null;
        var commit = await _coordination.CommitAsync(
            [new Condition(FileSystemRecord.KeyOf(name), revision), .. conditions], [Put(record with { IsRemoving = true })]);
        if (commit.Status == CommitStatus.Conflict)
            return new Fault("file-system-changed", $"File system '{name}' or what uses it was changed meanwhile.", "Try again.");
        if (commit.Status == CommitStatus.Unknown)
            return CoordinationFaults.Unavailable;
        await AppliedAsync(commit.Revision);
        return null;
    }

    /// <summary>A file system that is being removed holds nothing any more: its record goes.</summary>
    /// <param name="id">Its number: who comes late with this must not hit another one that has got its name.</param>
    /// <returns>False when the store does not answer.</returns>
    public async ValueTask<bool> ForgetAsync(int id)
    {
        if (Find(id) is not { } known)
            return true;
        var read = await ReadAsync(known.Name);
        if (!read.IsOk)
            return read.Fault != CoordinationFaults.Unavailable;
        var (record, revision) = read.Value;
        if (record.Id != id || !record.IsRemoving)
            return true;
        var commit = await _coordination.CommitAsync(
            [new Condition(FileSystemRecord.KeyOf(record.Name), revision)], [new Change(FileSystemRecord.KeyOf(record.Name), null)]);
        return commit.Status == CommitStatus.Applied;
    }

    internal async ValueTask<Fault?> StartAsync()
    {
        var read = await _coordination.ListAsync(FileSystemRecord.Prefix);
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        foreach (var entry in read.Entries)
            Apply(new Change(entry.Key, entry.Value));
        _appliedRevision = read.Revision;
        _watch = _coordination.Watch(FileSystemRecord.Prefix, read.Revision);
        _reactor.Spawn(FollowAsync(_watch));
        return null;
    }

    internal void Close()
    {
        _watch?.Dispose();
        _watch = null;
    }

    private async ValueTask FollowAsync(IWatch watch)
    {
        while (ReferenceEquals(watch, _watch))
        {
            var batch = await watch.NextAsync();
            var changes = batch.Changes;
            if (batch.IsWhole)
            {
                var present = batch.Changes.Select(change => change.Key).ToHashSet(StringComparer.Ordinal);
                var gone = _records.Keys.Select(FileSystemRecord.KeyOf).Where(key => !present.Contains(key));
                changes = [.. gone.Select(key => new Change(key, null)), .. changes];
            }

            foreach (var change in changes)
                Apply(change);

            // Not one by one: what is renamed goes under one name and comes under another, and is never away.
            foreach (var change in changes)
                _node.Announce(new NodeEvent(NodeEventKind.FileSystemsChanged, NameOf(change.Key)));
            _appliedRevision = batch.Revision;
            _applied.Raise();
        }
    }

    // A record that cannot be read leaves things as they are.
    private void Apply(Change change)
    {
        if (change.Value is not { } document)
            _records.Remove(NameOf(change.Key));
        else if (CoordinationJson.Read(change.Key, document, VolumesJson.Default.FileSystemRecord) is { IsOk: true } record)
            _records[NameOf(change.Key)] = record.Value;
    }

    private static string NameOf(string key) => key[FileSystemRecord.Prefix.Length..];

    private async ValueTask AppliedAsync(long revision)
    {
        while (_appliedRevision < revision)
            await _applied.WaitAsync();
    }

    private async ValueTask<Result<(FileSystemRecord Record, long Revision)>> ReadAsync(string name)
    {
        var read = await _coordination.GetAsync(FileSystemRecord.KeyOf(name));
        if (!read.IsAvailable)
            return CoordinationFaults.Unavailable;
        if (read.Entries.Count == 0)
            return NotFound(name);
        var record = CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, VolumesJson.Default.FileSystemRecord);
        return record.IsOk ? (record.Value, read.Entries[0].ModifiedRevision) : record.Fault;
    }

    // Why a name cannot be had; null when nobody has it.
    private async ValueTask<Fault?> FindTakenAsync(string name)
    {
        var present = await ReadAsync(name);
        return present.IsOk ? Exists(present.Value.Record)
            : present.Fault.Code == "bad-record" ? Exists(name, "already", "Choose another name.")
            : present.Fault == CoordinationFaults.Unavailable ? present.Fault
            : null;
    }

    private static Fault? CheckName(string name) => VolumeRules.CheckName(name) is null ? null : new Fault(
        "bad-file-system-name",
        $"'{name}' is no name for a file system.",
        "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or a digit.");

    private static Fault Exists(FileSystemRecord present) => present.IsRemoving
        ? Exists(present.Name, "still: it is being removed", "Try again when `uss fs ls` does not show it any more, or choose another name.")
        : Exists(present.Name, "already", "Choose another name.");

    private static Fault Exists(string name, string how, string remedy) =>
        new("file-system-exists", $"There is a file system '{name}' {how}.", remedy);

    private static Fault NotFound(string name) =>
        new("file-system-not-found", $"There is no file system '{name}'.", "List the file systems with `uss fs ls`.");

    private static Change Put(FileSystemRecord record) =>
        new(FileSystemRecord.KeyOf(record.Name), CoordinationJson.Write(record, VolumesJson.Default.FileSystemRecord));
}
