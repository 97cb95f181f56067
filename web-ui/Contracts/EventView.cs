namespace Uss.WebUi.Contracts;

/// <summary>Something that happened, as the node saw it that was asked.</summary>
public sealed record EventView
{
    /// <summary>When.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>
    /// Stable kind in kebab-case: <c>node-up</c>, <c>node-slow</c>, <c>node-down</c>, <c>node-silent</c>, <c>node-refused</c>, <c>node-added</c>,
    /// <c>node-removed</c>, <c>disk-added</c>, <c>disk-removed</c>, <c>disk-STATE</c>, <c>groups</c>, <c>recovery</c>, <c>pool-split</c>,
    /// <c>volume-created</c>, <c>volume-changed</c>, <c>volume-removed</c>, <c>events-lost</c>, <c>watching</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>error</c>.</summary>
    public required string Severity { get; init; }

    /// <summary>The thing's name; empty for the cluster as a whole.</summary>
    public required string Subject { get; init; }

    /// <summary>In words.</summary>
    public required string Message { get; init; }
}
