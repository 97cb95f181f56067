using Uss.NfsFrontend.Nfs;
using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Nfs;

/// <summary>
/// A directory that always is, and what clients do in it: few names, so that they meet. No call concerns two groups, so that each has a
/// history of its own.
/// </summary>
internal sealed class NfsGroup(ulong root, byte[] handle)
{
    private readonly List<NameOperation> _names = [];
    private readonly SortedDictionary<ulong, byte[]> _handles = new() { [root] = handle };
    private readonly HashSet<ulong> _claimed = [];
    private ulong _unknown;

    /// <summary>Files by inode.</summary>
    public SortedDictionary<ulong, FileHistory> Files { get; } = [];

    /// <summary>Files and directories that somebody has seen, those lately found last.</summary>
    public List<ulong> Recent { get; } = [];

    public ulong Root => root;

    public byte[] HandleOf(ulong inode) => _handles[inode];

    /// <summary>A directory to work in: the uppermost one or one that was seen.</summary>
    public ulong ChooseDirectory(Runtime.SeededRandom random)
    {
        var last = Recent.FindLast(inode => (inode & NameState.DirectoryBit) != 0);
        return last == 0 || random.Next(5) != 0 ? root : last;
    }

    /// <summary>One of the files that were seen last; null: there is none.</summary>
    public FileHistory? ChooseFile(Runtime.SeededRandom random)
    {
        var back = random.Next(3);
        for (var index = Recent.Count - 1; index >= 0; index--)
        {
            if (Files.TryGetValue(Recent[index], out var file) && back-- == 0)
                return file;
        }

        return Files.Count == 0 ? null : Files.Values.Last();
    }

    /// <summary>Somebody was told what it made; the number that the history has for it.</summary>
    public ulong SeeMade(NfsAnswer answer, NameOperation operation)
    {
        var isDirectory = operation.Procedure == NfsProcedure.MakeDirectory;
        if (answer.Attributes is null)
            return ++_unknown | NameState.UnknownBit | (isDirectory ? NameState.DirectoryBit : 0);
        var inode = See(answer, operation.Start);

        // One that takes what is there may have been told what somebody else made.
        if (!operation.IsUnchecked)
            _claimed.Add(inode);
        return inode;
    }

    /// <summary>Somebody was told what a name leads to; the number that the history has for it.</summary>
    public ulong See(NfsAnswer answer, long startNs)
    {
        var attributes = answer.Attributes!.Value;
        var inode = attributes.Type == FileType.Directory ? attributes.Inode | NameState.DirectoryBit : attributes.Inode;
        if (answer.Handle.Length > 0 && _handles.TryAdd(inode, answer.Handle) && attributes.Type != FileType.Directory)
            Files.Add(inode, new FileHistory(inode, answer.Handle));
        if (attributes.Links > 0)
            NoteLinked(inode, startNs);
        Recent.Remove(inode);
        if (_handles.ContainsKey(inode))
            Recent.Add(inode);
        return inode;
    }

    public void NoteLinked(ulong inode, long startNs)
    {
        if (Files.TryGetValue(inode, out var file))
            file.NoteLinked(startNs);
    }

    public void Add(NameOperation operation) => _names.Add(operation);

    /// <summary>Inodes of the numbers that READDIR tells: it does not say what is a directory.</summary>
    public ulong Known(ulong inode) => _handles.ContainsKey(inode | NameState.DirectoryBit) ? inode | NameState.DirectoryBit : inode;

    /// <summary>Says what fits no order; null: nothing.</summary>
    public string? FindViolation()
    {
        var history = _names.ConvertAll(Settle);
        if (new HistoryChecker<NameOperation, NameState>().FindViolation(history, new NameState(root, _claimed)) is { } violation)
        {
            var around = history.Where(one => one.Start <= violation.End && one.End >= violation.Start - 10_000_000_000)
                .OrderBy(one => one.End).TakeLast(40);
            return $"{violation} fits nowhere among{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", around)}";
        }

        foreach (var file in Files.Values)
        {
            if (file.FindViolation() is { } found)
                return found;
        }

        return null;
    }

    // A directory may have been listed before anybody was told that it is one.
    private NameOperation Settle(NameOperation operation) => operation.Listed.Count == 0
        ? operation
        : operation with { Listed = operation.Listed.ConvertAll(entry => (entry.Name, Known(entry.Inode))) };
}
