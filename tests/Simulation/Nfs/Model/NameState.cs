using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Nfs;

/// <summary>The names of a directory that always is and of those below it, each with the inode that it leads to.</summary>
/// <param name="root">The directory that always is.</param>
/// <param name="claimed">Inodes of which some client was told that it made them.</param>
/// <param name="entries">All entries in order.</param>
internal sealed class NameState(ulong root, HashSet<ulong> claimed, (ulong Directory, string Name, ulong Inode)[] entries) : IModelState
{
    /// <summary>A number with it is that of a directory.</summary>
    public const ulong DirectoryBit = 1UL << 63;

    /// <summary>
    /// A number with it stands for an inode that nobody was told: it was made and gone again before its maker was answered. It may be any
    /// inode that no maker was told.
    /// </summary>
    public const ulong UnknownBit = 1UL << 62;

    private ulong _hash;

    public NameState(ulong root, HashSet<ulong> claimed)
        : this(root, claimed, [])
    {
    }

    /// <summary>Whether what a name leads to may be an inode that somebody saw.</summary>
    public bool IsSame(ulong held, ulong seen) =>
        held == seen || ((held & UnknownBit) != 0 && seen != root && !claimed.Contains(seen) && ((held ^ seen) & DirectoryBit) == 0);

    /// <summary>What a name leads to; 0: nothing.</summary>
    public ulong Find(ulong directory, string name)
    {
        foreach (var entry in entries)
        {
            if (entry.Directory == directory && entry.Name == name)
                return entry.Inode;
        }

        return 0;
    }

    /// <summary>How many names an inode has at least, and at most if some of an inode that nobody was told are its names.</summary>
    public (int Least, int Most) LinksOf(ulong inode)
    {
        var (least, most) = (0, 0);
        foreach (var entry in entries)
        {
            least += entry.Inode == inode ? 1 : 0;
            most += IsSame(entry.Inode, inode) ? 1 : 0;
        }

        return (least, most);
    }

    public bool IsThere(ulong directory) => directory == root || LinksOf(directory).Most > 0;

    public bool IsEmpty(ulong directory) => !Array.Exists(entries, entry => IsSame(directory, entry.Directory));

    /// <summary>Whether a directory holds so many names and these; READDIR does not say which of them are directories.</summary>
    public bool Holds(ulong directory, List<(string Name, ulong Inode)> names) =>
        entries.Count(entry => entry.Directory == directory) == names.Count
        && names.TrueForAll(one => Find(directory, one.Name) is not 0 and var held
            && (IsSame(held, one.Inode | DirectoryBit) || IsSame(held, one.Inode & ~DirectoryBit)));

    /// <summary>Whether a directory is another one or lies below it.</summary>
    public bool IsBelow(ulong upper, ulong directory)
    {
        for (var depth = 0; depth <= entries.Length; depth++)
        {
            if (IsSame(upper, directory))
                return true;
            var place = Array.FindIndex(entries, entry => IsSame(entry.Inode, directory));
            if (place < 0)
                return false;
            directory = entries[place].Directory;
        }

        return false;
    }

    /// <summary>The state with a name that leads somewhere, also where it was there before; to 0: without the name.</summary>
    public NameState With(ulong directory, string name, ulong inode)
    {
        var others = entries.Where(entry => entry.Directory != directory || entry.Name != name);
        return new NameState(root, claimed, [.. (inode == 0 ? others : others.Append((directory, name, inode))).Order()]);
    }

    /// <inheritdoc/>
    public ulong Fold()
    {
        if (_hash != 0)
            return _hash;
        var hash = 1UL;
        foreach (var (directory, name, inode) in entries)
        {
            hash = Mix(hash ^ directory);
            hash = Mix(hash ^ name[0]);
            hash = Mix(hash ^ inode);
        }

        return _hash = hash | 1;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
