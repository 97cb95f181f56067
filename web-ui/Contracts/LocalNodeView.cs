namespace Uss.WebUi.Contracts;

/// <summary>A process of a cluster on one machine, as <c>uss dev</c> shows it.</summary>
public sealed record LocalNodeView
{
    /// <summary>Its name: <c>node1</c>, ..., or <c>etcd</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>starting</c>, <c>ready</c>, <c>frozen</c> or <c>down</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its process; null when it is down.</summary>
    public int? ProcessId { get; init; }
}
