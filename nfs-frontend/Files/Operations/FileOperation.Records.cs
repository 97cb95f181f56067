using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Inodes and directory entries.
internal sealed partial class FileOperation
{
    private const int MaximumNameBytes = NfsLimits.NameBytes;

    private bool LoadCounters() => _records.TryGet(Keys.Counters, out var value) && CountersRecord.TryParse(value, out _counters);

    private void StoreCounters()
    {
        Span<byte> bytes = stackalloc byte[CountersRecord.Size];
        _counters.ChangedNs = _nowNs;
        _counters.Write(bytes);
        _records.Put(Keys.Counters, bytes);
    }

    private bool TryLoad(ulong inode, out InodeRecord record)
    {
        record = default;
        return _records.TryGet(Keys.Inode(inode), out var value) && InodeRecord.TryParse(value, out record);
    }

    // What a handle names; stale when that is gone.
    private NfsStatus Load(in FileHandle handle, out InodeRecord record) =>
        handle.Snapshot == 0 && TryLoad(handle.Inode, out record) && record.Generation == handle.Generation
            ? NfsStatus.Ok
            : Gone(out record);

    private static NfsStatus Gone(out InodeRecord record)
    {
        record = default;
        return NfsStatus.Stale;
    }

    private NfsStatus LoadDirectory(in FileHandle handle, out InodeRecord record)
    {
        var status = Load(handle, out record);
        return status == NfsStatus.Ok && !record.IsDirectory ? NfsStatus.NotDirectory : status;
    }

    private void Store(ulong inode, in InodeRecord record)
    {
        Span<byte> bytes = stackalloc byte[InodeRecord.Size];
        record.Write(bytes);
        _records.Put(Keys.Inode(inode), bytes);
    }

    private bool FindEntry(ulong directory, ReadOnlySpan<byte> name, out ulong cookie, out ulong inode) =>
        DirectoryEntries.TryFind(_records, directory, name, out cookie, out inode);

    // False when 256 names of one hash are there already.
    private bool AddEntry(ulong directory, ReadOnlySpan<byte> name, ulong inode)
    {
        var first = NameHash.FirstCookieOf(name);
        for (var cookie = first; cookie < first + NameHash.Collisions; cookie++)
        {
            if (_records.TryGet(Keys.Entry(directory, cookie), out _))
                continue;
            Span<byte> value = stackalloc byte[EntryRecord.MaximumSize];
            _records.Put(Keys.Entry(directory, cookie), value[..EntryRecord.Write(inode, name, value)]);
            return true;
        }

        return false;
    }

    private bool IsEmpty(ulong directory) =>
        !_records.TryGetNext(Keys.Entry(directory, 0), Keys.Entry(directory, ulong.MaxValue), out _, out _);

    // One name less; what has none left goes, of regular files a while later: somebody may have it open.
    private void Unlink(ulong inode, InodeRecord record)
    {
        record.Links = record.IsDirectory ? 0 : record.Links - 1;
        record.ChangedNs = _nowNs;
        if (record.Links == 0)
            Release(inode, ref record);
        if (record.Links > 0)
        {
            Store(inode, record);
        }
        else if (record.Type == FileType.Regular)
        {
            Store(inode, record);
            Span<byte> since = stackalloc byte[sizeof(long)];
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(since, _nowNs);
            _records.Put(Keys.Orphan(inode), since);
        }
        else
        {
            Delete(inode, record);
        }
    }

    private void Delete(ulong inode, in InodeRecord record)
    {
        if (record.Type == FileType.SymbolicLink)
        {
            _records.Delete(Keys.LinkPart(inode, 0));
            _records.Delete(Keys.LinkPart(inode, 1));
        }

        _records.Delete(Keys.Inode(inode));
        _counters.Files--;
    }

    // Whether a name may be given to something new.
    private static NfsStatus CheckName(ReadOnlySpan<byte> name) =>
        name.Length > MaximumNameBytes ? NfsStatus.NameTooLong
        : name.Length == 0 || name.Contains((byte)'/') || name.Contains((byte)0) ? NfsStatus.Invalid
        : NfsStatus.Ok;

    private static bool IsSelf(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8);

    private static bool IsParent(ReadOnlySpan<byte> name) => name.SequenceEqual(".."u8);
}
