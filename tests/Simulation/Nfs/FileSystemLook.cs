using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Metadata;

namespace Uss.Simulation.Nfs;

/// <summary>Reads all records of a file system in which nothing goes on, and says where they contradict each other and what is left to do.</summary>
internal sealed class FileSystemLook : RecordOperation
{
    private readonly List<ulong> _inodes = [];

    public List<string> Findings { get; } = [];

    public IEnumerable<ulong> Inodes => _inodes;

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Findings.Clear();
        _inodes.Clear();
        var check = new RecordCheck(first: 0, () => false);
        var from = default(RecordKey);
        while (records.TryGetNext(from, RecordKey.Maximum, out var key, out var value))
        {
            check.Visit(key, value);
            Note(key);
            if (key == RecordKey.Maximum)
                break;
            from = key.Low == ulong.MaxValue ? new RecordKey(key.High + 1, 0) : key with { Low = key.Low + 1 };
        }

        if (records.IsIncomplete)
            return;
        check.Finish();
        Findings.AddRange(check.Findings);
    }

    private void Note(RecordKey key)
    {
        if (key == Keys.Orphan(key.Low))
            Findings.Add($"{key.Low} is still without a name.");
        else if (key == Keys.Truncation(key.Low))
            Findings.Add($"Contents of {key.Low} are still to be cut off.");
        else if (Keys.InodeOf(key) != 0 && key == Keys.Inode(Keys.InodeOf(key)))
            _inodes.Add(Keys.InodeOf(key));
    }
}
