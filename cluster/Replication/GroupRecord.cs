using System.Text.Json.Serialization;
using Uss.Coordination;

namespace Uss.Replication;

/// <summary>
/// What the coordination store knows of a placement group, under <c>groups/POOL/INDEX</c>. It changes only by
/// compare-and-swap, and every change raises the epoch.
/// </summary>
public sealed record GroupRecord : ICheckedRecord
{
    /// <summary>Number of this configuration, from 1.</summary>
    public required uint Epoch { get; init; }

    /// <summary>Disks that hold every acknowledged write.</summary>
    public required IReadOnlyList<Guid> InSync { get; init; }

    /// <summary>The one of them that orders the group's operations.</summary>
    public required Guid Primary { get; init; }

    /// <summary>Disks that held the group's data once and are not in sync.</summary>
    public IReadOnlyList<DepartedMember> Departed { get; init; } = [];

    /// <summary>
    /// In-sync disks that came in after some departed disk had left. What was discarded before they came they never had, and
    /// so cannot name it when that disk returns.
    /// </summary>
    public IReadOnlyList<JoinedMember> Joined { get => field ?? []; init; }

    /// <summary>Every write up to this version is on all in-sync members.</summary>
    public ulong CleanVersion { get; init; }

    /// <summary>
    /// After a forced recovery: as many members are enough, until there are as many in sync as the pool asks for; null: the
    /// pool's rule holds.
    /// </summary>
    public int? LeastCopies { get; init; }

    /// <summary>
    /// The number of groups that it is one of: it has the objects that are its own among so many
    /// (<see cref="Placement.PlacementHash.GroupOf"/>). 0: as many as its pool had when it was made.
    /// </summary>
    public int Groups { get; init; }

    /// <summary>Random number of the process that proposed this configuration: tells apart proposals of equal epochs.</summary>
    public required ulong Proposer { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw()
    {
        // A document without the list leaves it null: initial values do not outlast the reader.
        if (Departed is null || Departed.Any(member => member is null))
            return "it does not say which members left";
        if (LeastCopies is < 1)
            return "it needs at least one copy";
        if (Groups < 0)
            return "it is one of fewer than no groups";
        return Epoch == 0 || !InSync.Contains(Primary) ? "its primary is not one of its in-sync members" : null;
    }

    /// <summary>Prefix of the keys of all groups.</summary>
    public const string Prefix = "groups/";

    /// <summary>The group that a key names, or null.</summary>
    public static PlacementGroupId? IdOf(string key)
    {
        var parts = key.Split('/');
        return parts.Length == 3
            && int.TryParse(parts[1], System.Globalization.CultureInfo.InvariantCulture, out var pool)
            && int.TryParse(parts[2], System.Globalization.CultureInfo.InvariantCulture, out var index)
            ? new PlacementGroupId(pool, index)
            : null;
    }

    /// <summary>Prefix of the keys of a pool's groups.</summary>
    public static string PrefixOf(int pool) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"groups/{pool:d3}/");

    /// <summary>Key of a group's record.</summary>
    public static string KeyOf(PlacementGroupId id) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"groups/{id.Pool:d3}/{id.Index:d6}");
}

/// <summary>A disk that left the in-sync set.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="CleanVersion">It holds every acknowledged write up to this version.</param>
public sealed record DepartedMember(Guid Disk, ulong CleanVersion);

/// <summary>A disk that came into the in-sync set.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="CleanVersion">It can name every object that was changed or discarded above this version.</param>
public sealed record JoinedMember(Guid Disk, ulong CleanVersion);

/// <summary>JSON of the records of this room.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(GroupRecord))]
[JsonSerializable(typeof(PoolRecord))]
[JsonSerializable(typeof(MapRecord))]
[JsonSerializable(typeof(NodeRecord))]
public sealed partial class ReplicationJson : JsonSerializerContext;
