using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// The records that locks are kept in: kinds 0x40 to 0x4F are theirs.
/// <code>
/// (inode &lt;&lt; 8 | 0x40, n)                     some locks of a file (FileLocks)
/// (0 &lt;&lt; 8 | 0x41, host)                       a host's address and name (HostRecords)
/// (0 &lt;&lt; 8 | 0x42, host &lt;&lt; 40 | inode)         that a host holds locks of a file
/// </code>
/// A host's number has 24 bits, an inode's 40.
/// </summary>
public static class LockRecords
{
    /// <summary>Kind of the locks of a file.</summary>
    public const byte FileKind = 0x40;

    /// <summary>Kind of hosts.</summary>
    public const byte HostKind = 0x41;

    /// <summary>Kind of what a host holds.</summary>
    public const byte HeldKind = 0x42;

    /// <summary>The largest number of an inode.</summary>
    public const ulong MaximumInode = (1UL << InodeBits) - 1;

    private const int InodeBits = 40;

    /// <summary>Drops the locks of a file, as a part of the operation that removes it.</summary>
    public static void RemoveFile(RecordTransaction records, ulong inode)
    {
        if (!FileLocks.TryLoad(records, inode, out var locks))
            return;
        locks.Table.Clear();
        locks.TrySave(records);
    }

    internal static RecordKey File(ulong inode, ulong number) => new((inode << 8) | FileKind, number);

    internal static RecordKey Host(uint number) => new(HostKind, number);

    internal static RecordKey Held(uint host, ulong inode) => new(HeldKind, ((ulong)host << InodeBits) | inode);

    internal static ulong InodeOf(RecordKey held) => held.Low & MaximumInode;
}
