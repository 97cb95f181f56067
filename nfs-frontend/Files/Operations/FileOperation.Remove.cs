using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

// REMOVE, RMDIR and LINK (RFC 1813, 3.3.12, 3.3.13, 3.3.15).
internal sealed partial class FileOperation
{
    private const uint MaximumLinks = 65_000;

    private void Remove() => RemoveName(isDirectory: false);

    private void RemoveDirectory() => RemoveName(isDirectory: true);

    private void RemoveName(bool isDirectory)
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var name = NamedEntry.Read(ref reader).Name.In(Call.Arguments.Span);
        var status = LoadDirectory(Call.Handle, out var directory);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        if (WasDone(out _))
        {
            AnswerWithConsistency(NfsStatus.Ok, null);
            return;
        }

        var before = directory;
        status = !May(directory, MayExecute) ? NfsStatus.AccessDenied
            : IsSelf(name) ? isDirectory ? NfsStatus.Invalid : NfsStatus.IsDirectory
            : IsParent(name) ? isDirectory ? NfsStatus.Exists : NfsStatus.IsDirectory
            : CheckName(name);
        ulong cookie = 0;
        ulong inode = 0;
        if (status == NfsStatus.Ok && !FindEntry(Call.Handle.Inode, name, out cookie, out inode))
            status = NfsStatus.NoEntry;
        if (status == NfsStatus.Ok)
            status = TryLoad(inode, out var record) ? Take(ref directory, cookie, inode, record, isDirectory) : NfsStatus.Io;
        AnswerWithConsistency(status, before);
    }

    private NfsStatus Take(ref InodeRecord directory, ulong cookie, ulong inode, in InodeRecord record, bool isDirectory)
    {
        var status = CheckRemoval(directory, record);
        if (status == NfsStatus.Ok && record.IsDirectory != isDirectory)
            status = isDirectory ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
        if (status == NfsStatus.Ok && isDirectory && !IsEmpty(inode))
            status = NfsStatus.NotEmpty;
        if (status != NfsStatus.Ok)
            return status;
        _records.Delete(Keys.Entry(Call.Handle.Inode, cookie));
        Unlink(inode, record);
        directory.Links -= isDirectory ? 1u : 0;
        (directory.ModifiedNs, directory.ChangedNs) = (_nowNs, _nowNs);
        Store(Call.Handle.Inode, directory);
        NoteDone();
        return NfsStatus.Ok;
    }

    private void Link()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var name = LinkArguments.Read(ref reader).Where.Name.In(Call.Arguments.Span);
        var status = Load(Call.Handle, out var record);
        var inDirectory = LoadDirectory(Call.OtherHandle, out var directory);
        if (status != NfsStatus.Ok || inDirectory is NfsStatus.Stale)
        {
            Refuse(status != NfsStatus.Ok ? status : inDirectory);
            return;
        }

        InodeRecord? before = WasDone(out _) ? null : directory;
        if (before is not null)
        {
            status = inDirectory != NfsStatus.Ok ? inDirectory
                : record.IsDirectory ? NfsStatus.NotOwner
                : !May(directory, MayExecute) ? NfsStatus.AccessDenied
                : IsSelf(name) || IsParent(name) ? NfsStatus.Exists
                : CheckName(name);
            if (status == NfsStatus.Ok && FindEntry(Call.OtherHandle.Inode, name, out _, out _))
                status = NfsStatus.Exists;
            if (status == NfsStatus.Ok)
                status = AddName(name, record, directory);
        }

        var isThere = TryLoad(Call.Handle.Inode, out record);
        var writer = BeginResults(status);
        writer.Boolean(isThere);
        if (isThere)
            record.ToAttributes(Call.Handle.Inode, FileSystem).Write(ref writer);
        WriteConsistency(ref writer, before, Call.OtherHandle.Inode);
        EndResults(writer);
    }

    private NfsStatus AddName(ReadOnlySpan<byte> name, InodeRecord record, InodeRecord directory)
    {
        var status = record.Links == 0 || directory.Links == 0 ? NfsStatus.NoEntry
            : record.Links >= MaximumLinks ? NfsStatus.TooManyLinks
            : record.QuotaTree != directory.QuotaTree ? NfsStatus.CrossDevice
            : CheckChange(directory);
        if (status == NfsStatus.Ok && !AddEntry(Call.OtherHandle.Inode, name, Call.Handle.Inode))
            status = NfsStatus.NoSpace;
        if (status != NfsStatus.Ok)
            return status;
        record.Links++;
        record.ChangedNs = _nowNs;
        Store(Call.Handle.Inode, record);
        (directory.ModifiedNs, directory.ChangedNs) = (_nowNs, _nowNs);
        Store(Call.OtherHandle.Inode, directory);
        NoteDone();
        return NfsStatus.Ok;
    }
}
