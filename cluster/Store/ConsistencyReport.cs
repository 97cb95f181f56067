namespace Uss.Store;

/// <summary>What a look through a whole store found.</summary>
internal sealed class ConsistencyReport
{
    // More would not tell more.
    private const int MaximumProblems = 100;

    private readonly List<string> _problems = [];

    /// <summary>Layers looked at.</summary>
    public long Layers { get; set; }

    /// <summary>Blocks in use.</summary>
    public long Blocks { get; set; }

    /// <summary>Contradictions found, the first hundred in words.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>True when there is none.</summary>
    public bool IsSound => _problems.Count == 0;

    /// <summary>Adds a contradiction.</summary>
    public void Add(string problem)
    {
        if (_problems.Count < MaximumProblems)
            _problems.Add(problem);
    }

    /// <inheritdoc/>
    public override string ToString() => IsSound ? $"sound: {Layers} layers, {Blocks} blocks" : string.Join('\n', _problems);
}
