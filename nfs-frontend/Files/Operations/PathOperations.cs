using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>Goes down a path, for administrators: permissions do not matter, and symbolic links are not followed.</summary>
internal sealed class FindDirectoryOperation(ReadOnlyMemory<byte> path) : RecordOperation
{
    /// <summary>What came of it.</summary>
    public NfsStatus Status { get; private set; }

    /// <summary>What the path leads to.</summary>
    public ulong Inode { get; private set; }

    /// <summary>The inode's generation.</summary>
    public uint Generation { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        (Status, Inode) = (NfsStatus.Ok, FileService.RootInode);
        foreach (var part in path.Span.Split((byte)'/'))
        {
            var name = path.Span[part];
            if (name.Length == 0)
                continue;
            if (!DirectoryEntries.TryFind(records, Inode, name, out _, out var inode))
            {
                Status = NfsStatus.NoEntry;
                return;
            }

            Inode = inode;
        }

        var isThere = QuotaRecords.TryLoad(records, Inode, out InodeRecord record);
        Generation = record.Generation;
        Status = !isThere ? NfsStatus.NoEntry : record.IsDirectory ? NfsStatus.Ok : NfsStatus.NotDirectory;
    }
}

/// <summary>Finds the name of a directory in the one above, some entries at a time: entries are not found by what they lead to.</summary>
internal sealed class FindNameOperation(ulong inode) : RecordOperation
{
    private const int EntriesAtOnce = 1000;

    /// <summary>The directory above; 0: there is no such directory any more.</summary>
    public ulong Parent { get; private set; }

    /// <summary>The name; null: not found yet.</summary>
    public byte[]? Name { get; private set; }

    /// <summary>Where to go on; null: that was all.</summary>
    public ulong? Cookie { get; set; } = 0;

    private ulong? _next;

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        (Name, Parent, _next) = (null, 0, null);
        if (!QuotaRecords.TryLoad(records, inode, out InodeRecord record) || !record.IsDirectory || record.Links == 0)
            return;
        Parent = record.Parent;
        var (next, last) = (Keys.Entry(Parent, Cookie ?? 0), Keys.Entry(Parent, ulong.MaxValue));
        var count = 0;
        while (records.TryGetNext(next, last, out var key, out var value))
        {
            if (EntryRecord.TryParse(value, out var found, out var name) && found == inode)
            {
                Name = name.ToArray();
                return;
            }

            next = key with { Low = key.Low + 1 };
            if (++count < EntriesAtOnce)
                continue;
            _next = next.Low;
            return;
        }
    }

    /// <summary>Goes on behind what was looked at; false when that was all.</summary>
    public bool MoveOn()
    {
        Cookie = _next;
        return Cookie is not null;
    }
}
