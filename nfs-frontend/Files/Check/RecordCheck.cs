using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// What the records of a file system say of each other: every name leads to an inode, every inode has as many names as it says, directories
/// lie where they say, quotas and counters are the sums that they are to be.
/// </summary>
/// <remarks>
/// Memory is bounded: names and links are compared for a range of inodes at a time, so a large file system is gone through several times.
/// Each time may see another checkpoint, since what is compared is all of one.
/// </remarks>
internal sealed class RecordCheck : IRecordVisitor
{
    /// <summary>Inodes whose names are counted at a time; 32 bytes each.</summary>
    public const ulong RangeInodes = 4 << 20;

    private const ulong ChunkInodes = 1 << 14;
    private const int MaximumFindings = 100;

    private readonly ulong _first;
    private readonly Func<bool> _isStopped;
    private readonly InodeTally[]?[] _chunks = new InodeTally[RangeInodes / ChunkInodes][];
    private readonly Dictionary<ulong, (long Bytes, long Files)> _used = [];
    private readonly Dictionary<ulong, QuotaRecord> _quotas = [];
    private readonly List<string> _findings = [];
    private CountersRecord _counters;
    private bool _hasCounters;
    private ulong _files;

    /// <summary>Creates the check of a range.</summary>
    /// <param name="first">The first inode whose names are counted, a multiple of <see cref="RangeInodes"/>; the sums are looked at with 0.</param>
    /// <param name="isStopped">Tells that nobody wants it any more.</param>
    public RecordCheck(ulong first, Func<bool> isStopped) => (_first, _isStopped) = (first, isStopped);

    /// <inheritdoc/>
    public bool IsStopped => _isStopped();

    /// <summary>Records that were seen.</summary>
    public long Records { get; private set; }

    /// <summary>The largest inode that was seen.</summary>
    public ulong LastInode { get; private set; }

    /// <summary>Number of findings.</summary>
    public long Count { get; private set; }

    /// <summary>The first of the findings, one sentence each.</summary>
    public IReadOnlyList<string> Findings => _findings;

    /// <inheritdoc/>
    public void Visit(RecordKey key, ReadOnlySpan<byte> value)
    {
        Records++;
        var inode = Keys.InodeOf(key);
        if (inode == 0)
            VisitShared(key, value);
        else if (key == Keys.Inode(inode))
            VisitInode(inode, value);
        else if (key == Keys.Entry(inode, key.Low))
            VisitEntry(inode, key.Low, value);
    }

    /// <summary>All records were seen: compares.</summary>
    public void Finish()
    {
        for (var chunk = 0; chunk < _chunks.Length; chunk++)
        {
            for (var index = 0; _chunks[chunk] is { } tallies && index < tallies.Length; index++)
            {
                if (tallies[index].FindFault(_first + ((ulong)chunk * ChunkInodes) + (ulong)index) is { } fault)
                    Add(fault);
            }
        }

        if (_first == 0)
            CompareSums();
    }

    private void VisitShared(RecordKey key, ReadOnlySpan<byte> value)
    {
        if (key == Keys.Counters)
            _hasCounters = CountersRecord.TryParse(value, out _counters);
        else if (key == Keys.Orphan(key.Low) && IsInRange(key.Low))
            TallyOf(key.Low).IsOrphan = true;
        else if (key == Keys.Quota(key.Low) && QuotaRecord.TryParse(value, out var quota))
            _quotas[key.Low] = quota;
    }

    private void VisitInode(ulong inode, ReadOnlySpan<byte> value)
    {
        _files++;
        LastInode = Math.Max(LastInode, inode);
        if (!InodeRecord.TryParse(value, out var record))
        {
            Add($"Inode {inode} is damaged.");
            return;
        }

        if (record.QuotaTree != 0)
        {
            var (bytes, files) = _used.GetValueOrDefault(record.QuotaTree);
            _used[record.QuotaTree] = (bytes + record.UsedBytes, files + 1);
        }

        if (IsInRange(inode))
        {
            ref var tally = ref TallyOf(inode);
            (tally.Type, tally.Links) = (record.Type, record.Links);
            if (record.IsDirectory)
                tally.Parents ^= record.Parent;
        }

        if (record.IsDirectory && inode != FileService.RootInode && IsInRange(record.Parent))
            TallyOf(record.Parent).Children++;
    }

    private void VisitEntry(ulong directory, ulong cookie, ReadOnlySpan<byte> value)
    {
        if (IsInRange(directory))
            TallyOf(directory).HasEntries = true;
        if (!EntryRecord.TryParse(value, out var inode, out var name))
        {
            Add($"Entry {cookie} of directory {directory} is damaged.");
            return;
        }

        if (cookie - NameHash.FirstCookieOf(name) >= NameHash.Collisions)
            Add($"Entry {cookie} of directory {directory} is not where its name belongs: nobody finds it.");
        if (!IsInRange(inode))
            return;
        ref var tally = ref TallyOf(inode);
        tally.Names++;
        tally.Parents ^= directory;
    }

    private void CompareSums()
    {
        if (!_hasCounters)
        {
            Add("The file system's counters are missing.");
            return;
        }

        if (_counters.Files != _files)
            Add($"There are {_files} files; the counter says {_counters.Files}.");
        if (_counters.NextInode <= LastInode)
            Add($"The next inode is {_counters.NextInode}, and there is inode {LastInode}.");
        foreach (var tree in _quotas.Keys.Union(_used.Keys))
        {
            var (bytes, files) = _used.GetValueOrDefault(tree);
            if (!_quotas.TryGetValue(tree, out var quota))
                Add($"{files} files count for a quota of directory {tree}, which has none.");
            else if (quota.UsedBytes != bytes || quota.UsedFiles != files)
                Add($"The quota of directory {tree} says {quota.UsedBytes} bytes in {quota.UsedFiles} files; there are {bytes} in {files}.");
        }
    }

    private bool IsInRange(ulong inode) => inode - _first < RangeInodes;

    private ref InodeTally TallyOf(ulong inode)
    {
        ref var chunk = ref _chunks[(inode - _first) / ChunkInodes];
        chunk ??= new InodeTally[ChunkInodes];
        return ref chunk[(inode - _first) % ChunkInodes];
    }

    private void Add(string finding)
    {
        if (Count++ < MaximumFindings)
            _findings.Add(finding);
    }
}
