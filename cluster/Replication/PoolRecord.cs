using System.Text.Json.Serialization;
using Uss.Coordination;
using Uss.Placement;

namespace Uss.Replication;

/// <summary>What the coordination store knows of a pool, under <c>pools/ID</c>.</summary>
public sealed record PoolRecord : ICheckedRecord
{
    /// <summary>Number of the pool, from 1, never given again.</summary>
    public required int Id { get; init; }

    /// <summary>Name, by which volumes refer to it.</summary>
    public required string Name { get; init; }

    /// <summary>Copies of every block.</summary>
    public required int Copies { get; init; }

    /// <summary>Copies that must be durable before a write is acknowledged; 0 stands for the default.</summary>
    public int MinimumCopies { get; init; }

    /// <summary>As <see cref="MinimumCopies"/>, with the default: 1 of up to two copies, else 2.</summary>
    [JsonIgnore]
    public int MinCopies => MinimumCopies > 0 ? Math.Min(MinimumCopies, Copies) : Copies > 2 ? 2 : 1;

    /// <summary>
    /// Placement groups. Each of them has the objects that are its own among so many, or, where its record tells of fewer, it is
    /// still to be split.
    /// </summary>
    public required int Groups { get; init; }

    /// <summary>Placement groups that it was made with; 0: none was split since.</summary>
    public int InitialGroups { get; init; }

    /// <summary>As <see cref="InitialGroups"/>, never 0. Only a group below it can be without a record and start empty.</summary>
    [JsonIgnore]
    public int FirstGroups => InitialGroups > 0 ? InitialGroups : Groups;

    /// <summary>True for a number of groups that splits can lead to from its own.</summary>
    public bool CanGrowTo(int groups) =>
        groups > Groups && groups <= PoolPolicy.MaximumGroups && groups % Groups == 0 && int.IsPow2(groups / Groups);

    /// <summary>What no two copies may share.</summary>
    public FailureDomain FailureDomain { get; init; } = FailureDomain.Disk;

    /// <summary>Only disks of this class hold its data; null: all.</summary>
    public string? DiskClass { get; init; }

    /// <summary>The hash that spreads its objects over the groups: <see cref="PlacementHash.Version"/> when it was made.</summary>
    public int Hash { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw() =>
        Id <= 0 || Copies <= 0 || Groups <= 0 ? $"pool {Id} with {Groups} groups of {Copies} copies cannot be"
        : FirstGroups > Groups || Groups % FirstGroups != 0 || !int.IsPow2(Groups / FirstGroups)
            ? $"pool {Id} cannot have come from {FirstGroups} groups to {Groups}"
        : Hash != PlacementHash.Version ? $"pool {Id} was made by another version, which places objects elsewhere (hash {Hash})" : null;

    /// <summary>The pool's policy, as the solver takes it.</summary>
    public PoolPolicy ToPolicy() => new()
    {
        Name = Name,
        Copies = Copies,
        MinimumCopies = MinCopies,
        Groups = Groups,
        FailureDomain = FailureDomain,
        DiskClass = DiskClass,
    };

    /// <summary>The pool that the last part of a key names; 0 for none.</summary>
    public static int IdOf(string key) =>
        int.TryParse(key.AsSpan(key.LastIndexOf('/') + 1), System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <summary>Prefix of all pools.</summary>
    public const string Prefix = "pools/";

    /// <summary>Key of a pool's record.</summary>
    public static string KeyOf(int id) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}{id:d3}");
}

/// <summary>A pool's placement map in the coordination store, under <c>maps/ID</c>.</summary>
public sealed record MapRecord : ICheckedRecord
{
    /// <summary>Version of the map.</summary>
    public required long Version { get; init; }

    /// <summary>Number of the topology that it was computed for; it is due for another look when that has grown.</summary>
    public long Topology { get; init; }

    /// <summary>The disks that the rows refer to.</summary>
    public required IReadOnlyList<Guid> Disks { get; init; }

    /// <summary>For each placement group, indexes into <see cref="Disks"/>, preferred primary first.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Rows { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw() => Rows.Any(row => row is null || row.Any(index => index < 0 || index >= Disks.Count))
        ? "a row names a disk that the map does not have"
        : null;

    /// <summary>The record of a map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="topology">See <see cref="Topology"/>.</param>
    public static MapRecord From(PlacementMap map, long topology)
    {
        var disks = map.Rows.SelectMany(row => row).Distinct().Order().ToList();
        var indexes = disks.Select((disk, index) => (disk, index)).ToDictionary(pair => pair.disk, pair => pair.index);
        return new MapRecord
        {
            Version = map.Version,
            Topology = topology,
            Disks = disks,
            Rows = [.. map.Rows.Select(row => (IReadOnlyList<int>)[.. row.Select(disk => indexes[disk])])],
        };
    }

    /// <summary>The map of a record.</summary>
    public PlacementMap ToMap() =>
        new(Version, [.. Rows.Select(row => (IReadOnlyList<Guid>)[.. row.Select(index => Disks[index])])]);

    /// <summary>Prefix of all maps.</summary>
    public const string Prefix = "maps/";

    /// <summary>Key of a map's record.</summary>
    public static string KeyOf(int pool) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Prefix}{pool:d3}");
}
