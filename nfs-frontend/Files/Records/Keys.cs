using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// The keys of a file system's records. The upper half is an inode and the kind of record, so that a directory's inode and its entries are
/// neighbours; what belongs to the file system as a whole has inode 0.
/// <code>
/// High: inode 56 | kind 8          Low: by kind
/// </code>
/// </summary>
internal static class Keys
{
    /// <summary>The file system's numbers: there is one.</summary>
    public static RecordKey Counters => Of(0, 0x10, 0);

    /// <summary>All orphans.</summary>
    public static (RecordKey From, RecordKey To) Orphans => (Orphan(0), Orphan(ulong.MaxValue));

    /// <summary>All truncations that are not done yet.</summary>
    public static (RecordKey From, RecordKey To) Truncations => (Truncation(0), Truncation(ulong.MaxValue));

    /// <summary>An inode.</summary>
    public static RecordKey Inode(ulong inode) => Of(inode, 0, 0);

    /// <summary>The inode that a record belongs to.</summary>
    public static ulong InodeOf(RecordKey key) => key.High >> 8;

    /// <summary>An entry of a directory; the lower half is the cookie of READDIR.</summary>
    public static RecordKey Entry(ulong directory, ulong cookie) => Of(directory, 1, cookie);

    /// <summary>A part of where a symbolic link leads.</summary>
    public static RecordKey LinkPart(ulong inode, int part) => Of(inode, 2, (ulong)part);

    /// <summary>An inode without a name.</summary>
    public static RecordKey Orphan(ulong inode) => Of(0, 0x11, inode);

    /// <summary>Contents beyond a file's end that have to go.</summary>
    public static RecordKey Truncation(ulong inode) => Of(0, 0x12, inode);

    /// <summary>A reply by its number: the order in which they are forgotten.</summary>
    public static RecordKey ReplyOrder(ulong number) => Of(0, 0x13, number);

    /// <summary>A reply by the call that it is for.</summary>
    public static RecordKey Reply(ulong call) => Of(0, 0x14, call);

    /// <summary>The quota of a directory and all below it.</summary>
    public static RecordKey Quota(ulong directory) => Of(0, 0x15, directory);

    private static RecordKey Of(ulong inode, byte kind, ulong low) => new(inode << 8 | kind, low);
}
