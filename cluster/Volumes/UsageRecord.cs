namespace Uss.Volumes;

/// <summary>What a node's groups hold, under <c>usage/NODE</c>: each node tells now and then, so that every node can sum up volumes.</summary>
public sealed record UsageRecord
{
    /// <summary>Prefix of all such records.</summary>
    public const string Prefix = "usage/";

    /// <summary>Blocks of 4 KiB with data, in one copy, by space (16 hexadecimal digits), in groups whose primary is at the node.</summary>
    public required IReadOnlyDictionary<string, long> Blocks { get; init; }

    /// <summary>Key of a node's record.</summary>
    public static string KeyOf(string node) => Prefix + node;
}
