using System.Text.Json;
using System.Text.Json.Serialization;

namespace Uss.WebUi.Services;

/// <summary>A LUN mapping as it lies in the coordination store under <c>luns/LUN/INITIATOR</c>.</summary>
public sealed record LunRecord
{
    /// <summary>Logical unit number, 0 to 255.</summary>
    public required int Lun { get; init; }

    /// <summary>The volume's name.</summary>
    public required string Volume { get; init; }

    /// <summary>Only this initiator sees it; null: every initiator that may log in.</summary>
    public string? Initiator { get; init; }

    /// <summary>Writes are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Key of a mapping: ordered by LUN, unique per LUN and initiator.</summary>
    public static string KeyOf(int lun, string? initiator) => $"{RecordKeys.Luns}{lun:D3}/{initiator ?? "*"}";
}

/// <summary>An initiator rule as it lies in the coordination store under <c>initiators/IQN</c>, secrets included.</summary>
public sealed record InitiatorRecord
{
    /// <summary>The initiator's iSCSI name, or <c>*</c> for any.</summary>
    public required string Iqn { get; init; }

    /// <summary>CHAP user; null: none asked for.</summary>
    public string? ChapUser { get; init; }

    /// <summary>CHAP secret; never logged.</summary>
    public string? ChapSecret { get; init; }

    /// <summary>Mutual CHAP user; null: the target proves nothing.</summary>
    public string? MutualUser { get; init; }

    /// <summary>Mutual CHAP secret; never logged.</summary>
    public string? MutualSecret { get; init; }

    /// <summary>When the rule was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Key of a rule.</summary>
    public static string KeyOf(string iqn) => RecordKeys.Initiators + iqn;

    /// <inheritdoc/>
    public override string ToString() => $"{Iqn} (CHAP user {ChapUser ?? "none"}, secrets hidden)";
}

/// <summary>Where this room's records lie.</summary>
public static class RecordKeys
{
    /// <summary>LUN mappings.</summary>
    public const string Luns = "luns/";

    /// <summary>Initiator rules.</summary>
    public const string Initiators = "initiators/";

    /// <summary>NFS exports.</summary>
    public const string Exports = "exports/";

    /// <summary>Settings of the service.</summary>
    public const string Settings = "settings/";

    /// <summary>The number of the next NFS export.</summary>
    public const string ExportCounter = Settings + "nfs-next-export";

    /// <summary>The key of NFS handles; secret.</summary>
    public const string HandleKey = Settings + "nfs-handle-key";
}

/// <summary>JSON of the records.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LunRecord))]
[JsonSerializable(typeof(InitiatorRecord))]
[JsonSerializable(typeof(ExportRecord))]
[JsonSerializable(typeof(ExportCounterRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
