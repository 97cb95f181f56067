using System.Text.Json;
using System.Text.Json.Serialization;
using Uss.Replication;

namespace Uss.Host.Join;

/// <summary>A token as the coordination store knows it, under <c>tokens/HASH</c>; there is nothing secret in it.</summary>
internal sealed record TokenRecord
{
    public const string Prefix = "tokens/";

    private const string FreshPrefix = "tokens-fresh/";

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Made { get; init; }

    /// <summary>The node that made it.</summary>
    public required string MadeBy { get; init; }

    /// <summary>How long it is good, in seconds.</summary>
    public required long ValidSeconds { get; init; }

    /// <summary>The node that used it up; null: nobody has.</summary>
    public string? UsedBy { get; init; }

    /// <summary>When it was used.</summary>
    public DateTimeOffset? Used { get; init; }

    public static string KeyOf(string hash) => Prefix + hash;

    /// <summary>A key that the store deletes when the token's time is over: no machine's clock is asked.</summary>
    public static string FreshKeyOf(string hash) => FreshPrefix + hash;
}

/// <summary>Who may run as a node, under <c>members/NAME</c>: of several machines that ever had a name, the last that joined.</summary>
internal sealed record MemberRecord
{
    public required string Name { get; init; }

    /// <summary>Given to the machine when it joined.</summary>
    public required Guid Id { get; init; }

    /// <summary>When it joined.</summary>
    public required DateTimeOffset Joined { get; init; }

    public static string KeyOf(string name) => NodeRecord.MemberKeyOf(name);
}

/// <summary>Which cluster's state the coordination store holds, under <c>cluster</c>.</summary>
internal sealed record ClusterRecord
{
    public const string Key = "cluster";

    public required Guid Id { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenRecord))]
[JsonSerializable(typeof(MemberRecord))]
[JsonSerializable(typeof(ClusterRecord))]
internal sealed partial class JoinJson : JsonSerializerContext;
