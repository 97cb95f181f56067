using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

// LOOKUP and READLINK (RFC 1813, 3.3.3, 3.3.5).
internal sealed partial class FileOperation
{
    private void Lookup()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var name = NamedEntry.Read(ref reader).Name.In(Call.Arguments.Span);
        var status = LoadDirectory(Call.Handle, out var directory);
        if (status is not (NfsStatus.Ok or NfsStatus.NotDirectory))
        {
            Refuse(status);
            return;
        }

        ulong inode = 0;
        InodeRecord found = default;
        if (status == NfsStatus.Ok)
            status = Find(directory, name, out inode, out found);
        var writer = BeginResults(status);
        if (status == NfsStatus.Ok)
        {
            WriteHandle(ref writer, inode, found.Generation);
            WriteAttributes(ref writer, inode, found);
        }

        WriteAttributes(ref writer, Call.Handle.Inode, directory);
        EndResults(writer);
    }

    private NfsStatus Find(in InodeRecord directory, ReadOnlySpan<byte> name, out ulong inode, out InodeRecord found)
    {
        (inode, found) = (Call.Handle.Inode, directory);
        if (!May(directory, MayExecute))
            return NfsStatus.AccessDenied;
        if (IsSelf(name))
            return NfsStatus.Ok;
        if (IsParent(name))
            inode = ParentOf(Call.Handle.Inode, directory);
        else if (name.Length > MaximumNameBytes)
            return NfsStatus.NameTooLong;
        else if (!FindEntry(Call.Handle.Inode, name, out _, out inode))
            return NfsStatus.NoEntry;
        return TryLoad(inode, out found) ? NfsStatus.Ok : NfsStatus.Io;
    }

    // Nobody gets out of an export by going up.
    private ulong ParentOf(ulong inode, in InodeRecord directory) => inode == Call.Top ? inode : directory.Parent;

    private void ReadLink()
    {
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        if (record.Type != FileType.SymbolicLink)
            status = NfsStatus.Invalid;
        var writer = BeginResults(status);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        if (status == NfsStatus.Ok)
        {
            Span<byte> path = stackalloc byte[NfsLimits.LinkBytes];
            var length = ReadPath(Call.Handle.Inode, path);
            writer.Opaque(path[..length]);
        }

        EndResults(writer);
    }

    private int ReadPath(ulong inode, Span<byte> path)
    {
        var length = 0;
        for (var part = 0; part < LinkParts && _records.TryGet(Keys.LinkPart(inode, part), out var value); part++)
        {
            value.CopyTo(path[length..]);
            length += value.Length;
        }

        return length;
    }
}
