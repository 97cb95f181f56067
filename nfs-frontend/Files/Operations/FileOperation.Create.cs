using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

// CREATE, MKDIR, SYMLINK and MKNOD (RFC 1813, 3.3.8 to 3.3.11).
internal sealed partial class FileOperation
{
    private const int LinkParts = 2;
    private const uint DirectoryBytes = 4096;
    private const uint DefaultFileMode = 0x1B6;
    private const uint ExclusiveFileMode = 0x180;
    private const uint DefaultDirectoryMode = 0x1FF;

    private void Create()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = CreateArguments.Read(ref reader);
        var name = arguments.Where.Name.In(Call.Arguments.Span);
        if (!BeginMaking(name, out var directory, out var existing))
            return;
        if (existing != 0)
        {
            OpenExisting(arguments, directory, existing);
            return;
        }

        // An exclusive creation brings no attributes: until its client has set them, nobody else gets at the file.
        var mode = arguments.Mode == CreateMode.Exclusive ? ExclusiveFileMode : DefaultFileMode;
        var record = NewInode(FileType.Regular, directory, arguments.Attributes, mode);
        record.Verifier = arguments.Verifier;
        var length = arguments.Attributes.Length ?? 0;
        if (length > Uss.Volumes.FileSpaces.MaximumFileBytes)
        {
            AnswerMade(NfsStatus.FileTooLarge, 0, directory);
            return;
        }

        record.Length = (long)length;
        Make(name, directory, record);
    }

    // An unchecked creation of a file that is there changes its length where that is asked for; an exclusive one has made it before when
    // the verifier is the same.
    private void OpenExisting(in CreateArguments arguments, in InodeRecord directory, ulong inode)
    {
        var status = NfsStatus.Exists;
        if (!TryLoad(inode, out var record))
        {
            status = NfsStatus.Io;
        }
        else if (arguments.Mode == CreateMode.Exclusive)
        {
            if (record.Type == FileType.Regular && record.Verifier != 0 && record.Verifier == arguments.Verifier)
                status = NfsStatus.Ok;
        }
        else if (arguments.Mode == CreateMode.Unchecked && record.Type == FileType.Regular)
        {
            status = NfsStatus.Ok;
            if (arguments.Attributes.Length is not null)
            {
                if (MustWait(inode))
                    return;
                status = Change(inode, ref record, new SetAttributes { Length = arguments.Attributes.Length });
                if (status == NfsStatus.Ok)
                    Store(inode, record);
            }
        }

        // Also where nothing was changed: a copy of the call must not make the file when somebody has removed it.
        if (status == NfsStatus.Ok)
            NoteDone(inode);

        AnswerMade(status, inode, directory);
    }

    private void MakeDirectory()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = MakeDirectoryArguments.Read(ref reader);
        var name = arguments.Where.Name.In(Call.Arguments.Span);
        if (!BeginMaking(name, out var directory, out var existing))
            return;
        if (existing != 0)
        {
            AnswerMade(NfsStatus.Exists, 0, directory);
            return;
        }

        var record = NewInode(FileType.Directory, directory, arguments.Attributes, DefaultDirectoryMode);
        record.Links = 2;
        record.Length = DirectoryBytes;
        record.UsedBytes = DirectoryBytes;
        record.Parent = Call.Handle.Inode;
        record.Mode |= (ushort)(directory.Mode & SetGroupBit);
        Make(name, directory, record);
    }

    private void MakeSymbolicLink()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = SymbolicLinkArguments.Read(ref reader);
        var name = arguments.Where.Name.In(Call.Arguments.Span);
        var path = arguments.Path.In(Call.Arguments.Span);
        if (!BeginMaking(name, out var directory, out var existing))
            return;
        var status = existing != 0 ? NfsStatus.Exists
            : path.Length > NfsLimits.LinkBytes ? NfsStatus.NameTooLong
            : path.IsEmpty ? NfsStatus.Invalid
            : NfsStatus.Ok;
        if (status != NfsStatus.Ok)
        {
            AnswerMade(status, 0, directory);
            return;
        }

        var record = NewInode(FileType.SymbolicLink, directory, arguments.Attributes, DefaultDirectoryMode);
        record.Length = path.Length;
        var inode = _counters.NextInode;
        if (!Make(name, directory, record))
            return;
        var first = path[..Math.Min(path.Length, RecordTransaction.MaximumValueBytes)];
        _records.Put(Keys.LinkPart(inode, 0), first);
        if (first.Length < path.Length)
            _records.Put(Keys.LinkPart(inode, 1), path[first.Length..]);
    }

    private void MakeNode()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = MakeNodeArguments.Read(ref reader);
        var name = arguments.Where.Name.In(Call.Arguments.Span);
        if (!BeginMaking(name, out var directory, out var existing))
            return;
        var isDevice = arguments.Type is FileType.BlockDevice or FileType.CharacterDevice;
        var status = existing != 0 ? NfsStatus.Exists
            : !isDevice && arguments.Type is not (FileType.Socket or FileType.Pipe) ? NfsStatus.BadType
            : isDevice && !Call.Caller.IsRoot ? NfsStatus.NotOwner
            : NfsStatus.Ok;
        if (status != NfsStatus.Ok)
        {
            AnswerMade(status, 0, directory);
            return;
        }

        var record = NewInode(arguments.Type, directory, arguments.Attributes, DefaultFileMode);
        record.Device = arguments.Device;
        Make(name, directory, record);
    }

    // True when there is something to decide; else the call has been answered. Tells what has the name already; 0: nothing.
    private bool BeginMaking(ReadOnlySpan<byte> name, out InodeRecord directory, out ulong existing)
    {
        existing = 0;
        var status = LoadDirectory(Call.Handle, out directory);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return false;
        }

        if (WasDone(out var made))
        {
            AnswerMade(NfsStatus.Ok, made, null);
            return false;
        }

        if (!May(directory, MayExecute))
            status = NfsStatus.AccessDenied;
        else if (directory.Links == 0)
            status = NfsStatus.NoEntry;
        else if (IsSelf(name) || IsParent(name))
            status = NfsStatus.Exists;
        else
            status = CheckName(name);
        if (status == NfsStatus.Ok && !FindEntry(Call.Handle.Inode, name, out _, out existing))
            status = CheckChange(directory);
        if (status != NfsStatus.Ok)
            AnswerMade(status, 0, directory);
        return status == NfsStatus.Ok;
    }

    private InodeRecord NewInode(FileType type, in InodeRecord directory, in SetAttributes wanted, uint defaultMode)
    {
        var caller = Call.Caller;
        var isGroupGiven = (directory.Mode & SetGroupBit) != 0;
        var record = new InodeRecord
        {
            Type = type,
            Links = 1,
            UserId = wanted.UserId is { } user && caller.IsRoot ? user : caller.UserId,
            GroupId = isGroupGiven ? directory.GroupId
                : wanted.GroupId is { } group && (caller.IsRoot || caller.IsIn(group)) ? group
                : caller.GroupId,
            Generation = (uint)_nowNs | 1,
            AccessedNs = wanted.AccessedChange == TimeChange.Given ? FileTime.From(wanted.Accessed) : _nowNs,
            ModifiedNs = wanted.ModifiedChange == TimeChange.Given ? FileTime.From(wanted.Modified) : _nowNs,
            ChangedNs = _nowNs,
            QuotaTree = directory.QuotaTree,
        };
        var mayKeep = type == FileType.Directory || caller.IsRoot || caller.IsIn(record.GroupId);
        record.Mode = (ushort)((wanted.Mode ?? defaultMode) & ModeBits & (mayKeep ? ModeBits : ~SetGroupBit));
        return record;
    }

    // Answers the call. False when there is no place for the name, or no room in the quota.
    private bool Make(ReadOnlySpan<byte> name, in InodeRecord before, in InodeRecord record)
    {
        var inode = _counters.NextInode;
        var status = CheckQuota(record.QuotaTree, record.UsedBytes, 1);
        if (status == NfsStatus.Ok && !AddEntry(Call.Handle.Inode, name, inode))
            status = NfsStatus.NoSpace;
        if (status != NfsStatus.Ok)
        {
            AnswerMade(status, 0, before);
            return false;
        }

        Charge(record.QuotaTree, record.UsedBytes, 1);
        _counters.NextInode++;
        _counters.Files++;
        Store(inode, record);
        var directory = before;
        directory.Links += record.IsDirectory ? 1u : 0;
        (directory.ModifiedNs, directory.ChangedNs) = (_nowNs, _nowNs);
        Store(Call.Handle.Inode, directory);
        NoteDone(inode);
        AnswerMade(NfsStatus.Ok, inode, before);
        return true;
    }

    private void AnswerMade(NfsStatus status, ulong inode, in InodeRecord? before)
    {
        var writer = BeginResults(status);
        if (status == NfsStatus.Ok)
        {
            var isThere = TryLoad(inode, out var record);
            writer.Boolean(isThere);
            if (isThere)
                WriteHandle(ref writer, inode, record.Generation);
            writer.Boolean(isThere);
            if (isThere)
                record.ToAttributes(inode, FileSystem).Write(ref writer);
        }

        WriteConsistency(ref writer, before, Call.Handle.Inode);
        EndResults(writer);
    }
}
