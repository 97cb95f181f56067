using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>What a check has come across of one inode.</summary>
internal struct InodeTally
{
    /// <summary>Links that the inode says it has.</summary>
    public uint Links;

    /// <summary>Entries that lead to it.</summary>
    public uint Names;

    /// <summary>Directories that say that it is above them.</summary>
    public uint Children;

    /// <summary>What kind it is; 0: there is no inode.</summary>
    public FileType Type;

    /// <summary>Directories have entries; other things may not.</summary>
    public bool HasEntries;

    /// <summary>It is kept without a name.</summary>
    public bool IsOrphan;

    /// <summary>The directory above as the inode says, and, exclusive or, the directories of all entries that lead to it.</summary>
    public ulong Parents;

    /// <summary>What is wrong, as a sentence; null: nothing.</summary>
    public readonly string? FindFault(ulong inode)
    {
        if (Type == 0)
        {
            return Names > 0 || Children > 0 ? $"Inode {inode} does not exist, and {Names} names and {Children} directories lead to it."
                : HasEntries ? $"Directory {inode} does not exist and has entries."
                : IsOrphan ? $"Inode {inode} does not exist and is noted as one without a name."
                : null;
        }

        return Type == FileType.Directory ? FindFaultOfDirectory(inode)
            : HasEntries || Children > 0 ? $"Inode {inode} is no directory and has entries."
            : Names != Links ? $"Inode {inode} says that it has {Links} links, and {Names} names lead to it."
            : IsOrphan != (Names == 0) ? $"Inode {inode} has {Names} names and is {(IsOrphan ? "" : "not ")}noted as one without."
            : null;
    }

    private readonly string? FindFaultOfDirectory(ulong inode)
    {
        var isRoot = inode == FileService.RootInode;
        return Names != (isRoot ? 0u : 1u) ? $"Directory {inode} has {Names} names."
            : Parents != (isRoot ? inode : 0) ? $"Directory {inode} lies elsewhere than it says."
            : Links != 2 + Children ? $"Directory {inode} says that it has {Links} links, and {Children} directories are in it."
            : IsOrphan ? $"Directory {inode} is noted as a file without a name."
            : null;
    }
}
