using Uss.NfsFrontend.Nfs;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

// READDIR and READDIRPLUS (RFC 1813, 3.3.16, 3.3.17). A cookie is the place of an entry by the hash of its name: it stays good whatever
// changes meanwhile, so there is no verifier.
internal sealed partial class FileOperation
{
    // Whether another entry follows, and whether the list ends here.
    private const int ListEndBytes = 8;

    private void ReadDirectory()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = ReadDirectoryArguments.Read(ref reader);
        List(arguments.Cookie, uint.MaxValue, arguments.Count, isPlus: false);
    }

    private void ReadDirectoryPlus()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = ReadDirectoryPlusArguments.Read(ref reader);
        List(arguments.Cookie, arguments.NameCount, arguments.Count, isPlus: true);
    }

    private void List(ulong cookie, uint nameBytes, uint bytes, bool isPlus)
    {
        var status = LoadDirectory(Call.Handle, out var directory);
        if (status == NfsStatus.Stale)
        {
            Refuse(status);
            return;
        }

        if (status == NfsStatus.Ok && !May(directory, MayRead))
            status = NfsStatus.AccessDenied;
        if (status == NfsStatus.Ok && cookie > NameHash.MaximumCookie)
            status = NfsStatus.BadCookie;
        var writer = BeginResults(status);
        WriteAttributes(ref writer, Call.Handle.Inode, directory);
        if (status == NfsStatus.Ok)
        {
            writer.UInt64(0);
            var room = new ListRoom { Bytes = (int)Math.Min(bytes, (uint)Call.Results.Length), NameBytes = nameBytes, MaySearch = May(directory, MayExecute) };
            var isEnd = WriteEntries(ref writer, cookie, directory, ref room, isPlus);
            writer.Boolean(false);
            writer.Boolean(isEnd);
            if (writer.Position > room.Bytes || (room.Entries == 0 && !isEnd))
            {
                writer = BeginResults(NfsStatus.TooSmall);
                WriteAttributes(ref writer, Call.Handle.Inode, directory);
            }
        }

        EndResults(writer);
    }

    // True when the list is complete.
    private bool WriteEntries(ref XdrWriter writer, ulong cookie, in InodeRecord directory, ref ListRoom room, bool isPlus)
    {
        if (cookie < NameHash.SelfCookie && !TryWriteEntry(ref writer, NameHash.SelfCookie, Call.Handle.Inode, "."u8, ref room, isPlus))
            return false;
        var parent = ParentOf(Call.Handle.Inode, directory);
        if (cookie < NameHash.ParentCookie && !TryWriteEntry(ref writer, NameHash.ParentCookie, parent, ".."u8, ref room, isPlus))
            return false;
        var last = Keys.Entry(Call.Handle.Inode, ulong.MaxValue);
        var from = Keys.Entry(Call.Handle.Inode, Math.Max(cookie, NameHash.ParentCookie) + 1);
        Span<byte> copy = stackalloc byte[NfsLimits.NameBytes];
        while (_records.TryGetNext(from, last, out var key, out var value))
        {
            if (EntryRecord.TryParse(value, out var inode, out var name))
            {
                // The name is gone once another record is looked at.
                var kept = copy[..name.Length];
                name.CopyTo(kept);
                if (!TryWriteEntry(ref writer, key.Low, inode, kept, ref room, isPlus))
                    return false;
            }

            from = key with { Low = key.Low + 1 };
        }

        return true;
    }

    private bool TryWriteEntry(ref XdrWriter writer, ulong cookie, ulong inode, scoped ReadOnlySpan<byte> name, ref ListRoom room, bool isPlus)
    {
        // Of each entry: that it follows, inode, name, cookie; with attributes and handle where they are asked for.
        var plain = 8 + 4 + name.Length + XdrReader.PaddingOf(name.Length) + 8;
        // One entry comes at least where the whole has room: a client that counts names otherwise would never get on.
        var whole = 4 + plain + (isPlus ? FileAttributes.OptionalSize + 4 + 4 + FileHandle.Size : 0);
        var hasNameRoom = room.Entries == 0 || room.NameBytesUsed + plain <= room.NameBytes;
        if (writer.Position + whole + ListEndBytes > room.Bytes || !hasNameRoom)
            return false;
        room.NameBytesUsed += plain;
        room.Entries++;
        writer.Boolean(true);
        writer.UInt64(inode);
        writer.Opaque(name);
        writer.UInt64(cookie);
        if (!isPlus)
            return true;

        // Who may read the names and not search the directory could not look them up.
        InodeRecord record = default;
        var isThere = room.MaySearch && TryLoad(inode, out record);
        writer.Boolean(isThere);
        if (isThere)
            record.ToAttributes(inode, FileSystem).Write(ref writer);
        writer.Boolean(isThere);
        if (isThere)
            WriteHandle(ref writer, inode, record.Generation);
        return true;
    }

    private struct ListRoom
    {
        /// <summary>Bytes that the results may have.</summary>
        public int Bytes;

        /// <summary>Bytes that inodes, names and cookies may have.</summary>
        public uint NameBytes;

        public long NameBytesUsed;

        public int Entries;

        /// <summary>The caller may look names up.</summary>
        public bool MaySearch;
    }
}
