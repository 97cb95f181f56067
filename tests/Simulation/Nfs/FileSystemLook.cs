using System.Text;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;

namespace Uss.Simulation.Nfs;

/// <summary>Reads all records of a file system in which nothing goes on, and says where they contradict each other.</summary>
internal sealed class FileSystemLook : RecordOperation
{
    private const byte InodeKind = 0;
    private const byte EntryKind = 1;

    private readonly SortedDictionary<ulong, InodeRecord> _inodes = [];
    private readonly Dictionary<ulong, uint> _names = [];
    private readonly Dictionary<ulong, uint> _below = [];
    private CountersRecord _counters;

    public List<string> Findings { get; } = [];

    public IEnumerable<ulong> Inodes => _inodes.Keys;

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Findings.Clear();
        _inodes.Clear();
        _names.Clear();
        _below.Clear();
        List<(ulong Directory, ulong Inode)> entries = [];
        var from = default(RecordKey);
        while (records.TryGetNext(from, RecordKey.Maximum, out var key, out var value))
        {
            Read(key, value, entries);
            if (key == RecordKey.Maximum)
                break;
            from = key.Low == ulong.MaxValue ? new RecordKey(key.High + 1, 0) : key with { Low = key.Low + 1 };
        }

        if (!records.IsIncomplete)
            Compare(entries);
    }

    private void Read(RecordKey key, ReadOnlySpan<byte> value, List<(ulong Directory, ulong Inode)> entries)
    {
        var (owner, kind) = (key.High >> 8, (byte)key.High);
        if (key == Keys.Counters)
            CountersRecord.TryParse(value, out _counters);
        else if (key.High == Keys.Orphan(0).High)
            Findings.Add($"{key.Low} is still without a name.");
        else if (key.High == Keys.Truncation(0).High)
            Findings.Add($"Contents of {key.Low} are still to be cut off.");
        else if (kind == InodeKind && InodeRecord.TryParse(value, out var inode))
            _inodes.Add(owner, inode);
        else if (kind == EntryKind && EntryRecord.TryParse(value, out var target, out var name))
            Add(entries, owner, key.Low, target, name);
    }

    private void Add(List<(ulong Directory, ulong Inode)> entries, ulong directory, ulong cookie, ulong inode, ReadOnlySpan<byte> name)
    {
        entries.Add((directory, inode));
        _names[inode] = _names.GetValueOrDefault(inode) + 1;
        if (cookie < NameHash.FirstCookieOf(name) || cookie >= NameHash.FirstCookieOf(name) + NameHash.Collisions)
            Findings.Add($"{Encoding.UTF8.GetString(name)} in {directory} has the cookie {cookie}.");
    }

    private void Compare(List<(ulong Directory, ulong Inode)> entries)
    {
        foreach (var (directory, inode) in entries)
        {
            if (!_inodes.TryGetValue(directory, out var parent) || !parent.IsDirectory)
                Findings.Add($"{directory} has entries and is no directory.");
            if (!_inodes.TryGetValue(inode, out var record))
                Findings.Add($"An entry of {directory} leads to {inode}, which is not there.");
            else if (record.IsDirectory)
                _below[directory] = _below.GetValueOrDefault(directory) + 1;
            if (record.IsDirectory && record.Parent != directory)
                Findings.Add($"{inode} lies in {directory} and says {record.Parent}.");
        }

        foreach (var (inode, record) in _inodes)
        {
            var names = _names.GetValueOrDefault(inode);
            var links = record.IsDirectory ? 2 + _below.GetValueOrDefault(inode) : names;
            if (record.Links != links)
                Findings.Add($"{inode} says {record.Links} links and has {links}.");
            if (inode >= _counters.NextInode)
                Findings.Add($"{inode} is there and {_counters.NextInode} is to be the next one.");
            if (inode != FileService.RootInode && (names == 0 || (record.IsDirectory && names > 1)))
                Findings.Add($"{inode} has {names} names.");
        }

        if (_counters.Files != (ulong)_inodes.Count)
            Findings.Add($"{_counters.Files} inodes are counted and {_inodes.Count} are there.");
    }
}
