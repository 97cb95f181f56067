namespace Uss.NfsFrontend.Metadata;

/// <summary>What a check of a file system's metadata has found.</summary>
public sealed class MetadataCheckReport
{
    private const int MaximumFindings = 100;

    private readonly List<string> _findings = [];

    /// <summary>True when all is as it has to be.</summary>
    public bool IsClean => Count == 0;

    /// <summary>Number of findings.</summary>
    public long Count { get; private set; }

    /// <summary>The first hundred findings, one sentence each.</summary>
    public IReadOnlyList<string> Findings => _findings;

    /// <summary>Generation of the superblock that was checked.</summary>
    public ulong Generation { get; internal set; }

    /// <summary>Pages of the tree that could be read.</summary>
    public long Pages { get; internal set; }

    /// <summary>Records in them; those that are only in the log are not counted.</summary>
    public long Records { get; internal set; }

    /// <summary>Pages that are marked as used and are not in the tree.</summary>
    public long LeakedPages { get; internal set; }

    /// <summary>Commits in the log that a recovery would apply.</summary>
    public long Commits { get; internal set; }

    internal void Add(string finding)
    {
        if (Count++ < MaximumFindings)
            _findings.Add(finding);
    }
}
