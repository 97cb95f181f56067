using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

// RENAME (RFC 1813, 3.3.14).
internal sealed partial class FileOperation
{
    // No path of 4096 bytes has more names.
    private const int DeepestDirectory = 4096;

    private void Rename()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = RenameArguments.Read(ref reader);
        var from = LoadDirectory(Call.Handle, out var source);
        var to = LoadDirectory(Call.OtherHandle, out var target);
        if (from == NfsStatus.Stale || to == NfsStatus.Stale)
        {
            Refuse(NfsStatus.Stale);
            return;
        }

        (InodeRecord? sourceBefore, InodeRecord? targetBefore) = (null, null);
        var status = from != NfsStatus.Ok ? from : to;
        if (status == NfsStatus.Ok && !WasDone(out _))
        {
            (sourceBefore, targetBefore) = (source, target);
            status = Move(source, arguments.From.Name.In(Call.Arguments.Span), target, arguments.To.Name.In(Call.Arguments.Span));
            if (status == NfsStatus.Ok)
                NoteDone();
        }

        var writer = BeginResults(status);
        WriteConsistency(ref writer, sourceBefore, Call.Handle.Inode);
        WriteConsistency(ref writer, targetBefore, Call.OtherHandle.Inode);
        EndResults(writer);
    }

    private NfsStatus Move(in InodeRecord source, ReadOnlySpan<byte> oldName, in InodeRecord target, ReadOnlySpan<byte> newName)
    {
        if (!May(source, MayExecute) || !May(target, MayExecute))
            return NfsStatus.AccessDenied;
        if (IsSelf(oldName) || IsParent(oldName) || IsSelf(newName) || IsParent(newName))
            return NfsStatus.Invalid;
        var status = CheckName(oldName);
        if (status == NfsStatus.Ok)
            status = CheckName(newName);
        if (status != NfsStatus.Ok)
            return status;
        if (!FindEntry(Call.Handle.Inode, oldName, out var oldCookie, out var inode))
            return NfsStatus.NoEntry;
        if (!TryLoad(inode, out var moved))
            return NfsStatus.Io;
        status = CheckMove(source, target, inode, moved);
        if (status == NfsStatus.Ok && !IsSameTree(inode, moved, target))
            status = NfsStatus.CrossDevice;
        if (status != NfsStatus.Ok)
            return status;
        if (FindEntry(Call.OtherHandle.Inode, newName, out var newCookie, out var replaced))
        {
            // Two names of one file: nothing happens (POSIX, rename).
            if (replaced == inode)
                return NfsStatus.Ok;
            status = Replace(target, newCookie, replaced, moved);
            if (status != NfsStatus.Ok)
                return status;
        }

        // Nothing has been changed yet when this fails: what is replaced leaves a place.
        if (!AddEntry(Call.OtherHandle.Inode, newName, inode))
            return NfsStatus.NoSpace;
        _records.Delete(Keys.Entry(Call.Handle.Inode, oldCookie));
        MoveParent(inode, moved);
        return NfsStatus.Ok;
    }

    private NfsStatus CheckMove(in InodeRecord source, in InodeRecord target, ulong inode, in InodeRecord moved)
    {
        var status = CheckRemoval(source, moved);
        if (status == NfsStatus.Ok)
            status = target.Links == 0 ? NfsStatus.NoEntry : CheckChange(target);
        if (status != NfsStatus.Ok || !moved.IsDirectory || Call.Handle.Inode == Call.OtherHandle.Inode)
            return status;

        // Its '..' changes.
        return !May(moved, MayWrite) ? NfsStatus.AccessDenied : IsBelow(inode, Call.OtherHandle.Inode) ? NfsStatus.Invalid : NfsStatus.Ok;
    }

    // Whether a directory is another one or lies somewhere below it.
    private bool IsBelow(ulong upper, ulong directory)
    {
        for (var depth = 0; depth < DeepestDirectory; depth++)
        {
            if (directory == upper)
                return true;
            if (!TryLoad(directory, out var record) || record.Parent == directory)
                return false;
            directory = record.Parent;
        }

        return true;
    }

    private NfsStatus Replace(in InodeRecord target, ulong cookie, ulong replaced, in InodeRecord moved)
    {
        if (!TryLoad(replaced, out var record))
            return NfsStatus.Io;
        var status = CheckRemoval(target, record);
        if (status == NfsStatus.Ok && moved.IsDirectory != record.IsDirectory)
            status = moved.IsDirectory ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
        if (status == NfsStatus.Ok && record.IsDirectory && !IsEmpty(replaced))
            status = NfsStatus.NotEmpty;
        if (status != NfsStatus.Ok)
            return status;
        _records.Delete(Keys.Entry(Call.OtherHandle.Inode, cookie));
        Unlink(replaced, record);
        if (record.IsDirectory)
            ChangeLinks(Call.OtherHandle.Inode, -1);
        return NfsStatus.Ok;
    }

    private void MoveParent(ulong inode, InodeRecord moved)
    {
        if (moved.IsDirectory && moved.Parent != Call.OtherHandle.Inode)
        {
            ChangeLinks(moved.Parent, -1);
            ChangeLinks(Call.OtherHandle.Inode, 1);
            moved.Parent = Call.OtherHandle.Inode;
        }

        moved.ChangedNs = _nowNs;
        Store(inode, moved);
        ChangeLinks(Call.Handle.Inode, 0);
        ChangeLinks(Call.OtherHandle.Inode, 0);
    }

    // Also notes that the directory has changed.
    private void ChangeLinks(ulong directory, int by)
    {
        if (!TryLoad(directory, out var record))
            return;
        record.Links = (uint)(record.Links + by);
        (record.ModifiedNs, record.ChangedNs) = (_nowNs, _nowNs);
        Store(directory, record);
    }
}
