using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

/// <summary>Finds names in directories.</summary>
internal static class DirectoryEntries
{
    /// <summary>Finds a name.</summary>
    /// <param name="records">The records.</param>
    /// <param name="directory">Inode of the directory.</param>
    /// <param name="name">The name.</param>
    /// <param name="cookie">Cookie of its entry.</param>
    /// <param name="inode">What it leads to.</param>
    /// <returns>False when the directory does not have it.</returns>
    public static bool TryFind(RecordTransaction records, ulong directory, ReadOnlySpan<byte> name, out ulong cookie, out ulong inode)
    {
        var first = NameHash.FirstCookieOf(name);
        var last = Keys.Entry(directory, first + NameHash.Collisions - 1);
        var from = Keys.Entry(directory, first);
        while (records.TryGetNext(from, last, out var key, out var value))
        {
            if (EntryRecord.TryParse(value, out inode, out var found) && found.SequenceEqual(name))
            {
                cookie = key.Low;
                return true;
            }

            if (key.Low == last.Low)
                break;
            from = key with { Low = key.Low + 1 };
        }

        (cookie, inode) = (0, 0);
        return false;
    }
}
