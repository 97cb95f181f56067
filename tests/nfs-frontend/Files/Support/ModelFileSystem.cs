using Uss.NfsFrontend.Nfs;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>What a file system has to do, in the plainest way: decides what a call answers and what it changes.</summary>
internal sealed class ModelFileSystem
{
    public ModelFileSystem(FileHandle top, FileAttributes attributes)
    {
        Top = new ModelNode
        {
            Handle = top,
            Type = FileType.Directory,
            Mode = 0x1FF,
            Links = 2,
            Length = 4096,
            Modified = attributes.Modified,
            Changed = attributes.Changed,
        };
        Top.Parent = Top;
        Nodes.Add(Top);
    }

    public ModelNode Top { get; }

    public List<ModelNode> Nodes { get; } = [];

    public static NfsStatus CheckDirectory(ModelNode directory) =>
        directory.IsGone ? NfsStatus.Stale : directory.IsDirectory ? NfsStatus.Ok : NfsStatus.NotDirectory;

    public static NfsStatus Making(ModelNode directory, string name) =>
        CheckDirectory(directory) is not NfsStatus.Ok and var status ? status : directory.Entries.ContainsKey(name) ? NfsStatus.Exists : NfsStatus.Ok;

    public ModelNode Make(ModelNode directory, string name, ModelNode node)
    {
        Nodes.Add(node);
        directory.Entries.Add(name, node);
        directory.Modify();
        (node.IsModified, node.IsChanged) = (true, true);
        if (node.IsDirectory)
        {
            node.Links = 2;
            node.Parent = directory;
            directory.Links++;
        }

        return node;
    }

    public static NfsStatus Remove(ModelNode directory, string name, bool isDirectory)
    {
        var status = CheckDirectory(directory);
        if (status != NfsStatus.Ok)
            return status;
        if (!directory.Entries.TryGetValue(name, out var node))
            return NfsStatus.NoEntry;
        if (node.IsDirectory != isDirectory)
            return isDirectory ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
        if (node.Entries.Count > 0)
            return NfsStatus.NotEmpty;
        Unlink(directory, name);
        directory.Modify();
        return NfsStatus.Ok;
    }

    public static NfsStatus Rename(ModelNode from, string name, ModelNode to, string newName)
    {
        var (first, second) = (CheckDirectory(from), CheckDirectory(to));
        if (first == NfsStatus.Stale || second == NfsStatus.Stale)
            return NfsStatus.Stale;
        if (first != NfsStatus.Ok || second != NfsStatus.Ok)
            return NfsStatus.NotDirectory;
        if (!from.Entries.TryGetValue(name, out var node))
            return NfsStatus.NoEntry;
        if (node.IsDirectory && to.IsBelow(node))
            return NfsStatus.Invalid;
        if (to.Entries.TryGetValue(newName, out var replaced))
        {
            if (replaced == node)
                return NfsStatus.Ok;
            if (node.IsDirectory != replaced.IsDirectory)
                return node.IsDirectory ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
            if (replaced.Entries.Count > 0)
                return NfsStatus.NotEmpty;
            Unlink(to, newName);
        }

        from.Entries.Remove(name);
        to.Entries.Add(newName, node);
        if (node.IsDirectory)
        {
            from.Links--;
            to.Links++;
            node.Parent = to;
        }

        node.IsChanged = true;
        from.Modify();
        to.Modify();
        return NfsStatus.Ok;
    }

    public static NfsStatus Link(ModelNode node, ModelNode directory, string name)
    {
        if (node.IsGone || directory.IsGone)
            return NfsStatus.Stale;
        if (!directory.IsDirectory)
            return NfsStatus.NotDirectory;
        if (node.IsDirectory)
            return NfsStatus.NotOwner;
        if (directory.Entries.ContainsKey(name))
            return NfsStatus.Exists;
        if (node.Links == 0)
            return NfsStatus.NoEntry;
        directory.Entries.Add(name, node);
        directory.Modify();
        node.Links++;
        node.IsChanged = true;
        return NfsStatus.Ok;
    }

    /// <summary>Files without a name are gone after their time.</summary>
    public void ForgetOrphans()
    {
        foreach (var node in Nodes)
            node.IsGone |= node.Links == 0;
    }

    private static void Unlink(ModelNode directory, string name)
    {
        directory.Entries.Remove(name, out var node);
        if (node!.IsDirectory)
        {
            directory.Links--;
            node.IsGone = true;
            return;
        }

        node.Links--;
        node.IsChanged = true;
        node.IsGone = node.Links == 0 && node.Type != FileType.Regular;
    }
}
