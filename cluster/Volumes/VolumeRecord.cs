using System.Text.Json.Serialization;
using Uss.Coordination;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>What the coordination store knows of a volume, under <c>volumes/NAME</c>.</summary>
public sealed record VolumeRecord : ICheckedRecord
{
    /// <summary>Identity as 16 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Size in bytes, a multiple of 4096.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Number of the pool that holds it.</summary>
    public required int Pool { get; init; }

    /// <summary>Space of its address range, as 16 hexadecimal digits.</summary>
    public required string Space { get; init; }

    /// <summary>
    /// After a shrink: data may still be found up to this address and must be discarded before the volume grows over it.
    /// 0 when there is none.
    /// </summary>
    public long TrimBytes { get; init; }

    /// <summary>Who discards it: a node and a random number of its process. Nobody else does before it has taken over.</summary>
    public string? Trimmer { get; init; }

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <inheritdoc/>
    public string? FindFlaw()
    {
        if (!IsId(Id) || !IsId(Space))
            return "its identity or space is no number of 16 hexadecimal digits";
        return SizeBytes <= 0 || SizeBytes % StoreUnits.BlockBytes != 0 || TrimBytes < 0 ? $"its size of {SizeBytes} bytes cannot be" : null;
    }

    /// <summary>Key of a volume's record.</summary>
    public static string KeyOf(string name) => Prefix + name;

    /// <summary>Prefix of all volume records.</summary>
    public const string Prefix = "volumes/";

    /// <summary>Key of the record of a volume's persistent reservations, which front-ends write.</summary>
    public static string ReservationKeyOf(VolumeId id) => ReservationPrefix + id;

    /// <summary>Prefix of the records of persistent reservations.</summary>
    public const string ReservationPrefix = "reservations/";

    internal static string FormatId(ulong value) => value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    internal static bool IsId(string text) => text.Length == 16 && text.All(char.IsAsciiHexDigit);

    internal static ulong ParseId(string text) =>
        ulong.Parse(text, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What the coordination store knows of a disk, under <c>disks/ID</c>.</summary>
public sealed record DiskRecord
{
    /// <summary>Identity, written on the disk.</summary>
    public required Guid Id { get; init; }

    /// <summary>Path or other name by which it was last opened.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes that data can occupy.</summary>
    public required long DataBytes { get; init; }

    /// <summary>The node that it is attached to.</summary>
    public required string Node { get; init; }

    /// <summary>When it was added.</summary>
    public DateTimeOffset AddedAt { get; init; }

    /// <summary>Device class, for example <c>ssd</c>, that pools may ask for; null: none in particular.</summary>
    public string? Class { get; init; }

    /// <summary>It is to give up what it holds and gets nothing, as an operator asked for.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Key of a disk's record.</summary>
    public static string KeyOf(Guid id) => Prefix + id.ToString("N");

    /// <summary>Prefix of all disk records.</summary>
    public const string Prefix = "disks/";
}

/// <summary>The next numbers to give, under <c>counters</c>: what was given once is never given again.</summary>
public sealed record CountersRecord
{
    /// <summary>Key of the record.</summary>
    public const string Key = "counters";

    /// <summary>Next pool number.</summary>
    public int NextPool { get; init; } = 1;

    /// <summary>Next family number.</summary>
    public uint NextFamily { get; init; } = 1;

    /// <summary>Next number of a file system. Records of versions without file systems do not have it and are read as 0.</summary>
    public int NextFileSystem { get; init => field = Math.Max(value, 1); } = 1;
}

/// <summary>A space that is being deleted, under <c>removed/SPACE</c>.</summary>
public sealed record RemovedSpaceRecord
{
    /// <summary>Disks that still hold something of it.</summary>
    public required IReadOnlyList<Guid> PendingDisks { get; init; }

    /// <summary>Key of the record.</summary>
    public static string KeyOf(ulong space) => Prefix + VolumeRecord.FormatId(space);

    /// <summary>Prefix of all such records.</summary>
    public const string Prefix = "removed/";
}

/// <summary>JSON of the records of this room.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VolumeRecord))]
[JsonSerializable(typeof(FileSystemRecord))]
[JsonSerializable(typeof(Addresses.ServiceAddress))]
[JsonSerializable(typeof(DiskRecord))]
[JsonSerializable(typeof(CountersRecord))]
[JsonSerializable(typeof(RemovedSpaceRecord))]
[JsonSerializable(typeof(ProgressRecord))]
[JsonSerializable(typeof(ScrubRequestsRecord))]
[JsonSerializable(typeof(ScrubNodeRecord))]
[JsonSerializable(typeof(NodeSettingsRecord))]
[JsonSerializable(typeof(TopologyRecord))]
[JsonSerializable(typeof(UsageRecord))]
public sealed partial class VolumesJson : JsonSerializerContext;
