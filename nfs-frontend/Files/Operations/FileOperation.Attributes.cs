using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Volumes;

namespace Uss.NfsFrontend.Files;

// GETATTR, SETATTR and ACCESS (RFC 1813, 3.3.1, 3.3.2, 3.3.4).
internal sealed partial class FileOperation
{
    private void GetAttributes()
    {
        var status = Load(Call.Handle, out var record);
        var writer = BeginResults(status);
        if (status == NfsStatus.Ok)
            record.ToAttributes(Call.Handle.Inode, FileSystem).Write(ref writer);
        EndResults(writer);
    }

    private void SetAttributes()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = SetAttributesArguments.Read(ref reader);
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        InodeRecord? before = WasDone(out _) ? null : record;
        if (before is not null)
        {
            if (arguments.Attributes.Length is not null && MustWait(Call.Handle.Inode))
                return;
            status = arguments.Guard is { } guard && guard != FileTime.Of(record.ChangedNs)
                ? NfsStatus.NotSynchronized
                : Change(Call.Handle.Inode, ref record, arguments.Attributes);
            if (status == NfsStatus.Ok && arguments.Attributes != default)
            {
                Store(Call.Handle.Inode, record);
                NoteDone();
            }
        }

        AnswerWithConsistency(status, before);
    }

    // Changes a record in memory as far as the caller may. Who wants nothing needs no right and leaves no trace.
    private NfsStatus Change(ulong inode, ref InodeRecord record, in SetAttributes wanted)
    {
        if (wanted == default)
            return NfsStatus.Ok;
        var status = CheckAttributes(record, wanted);
        if (status == NfsStatus.Ok && wanted.Length is { } length)
            status = Resize(inode, ref record, length);
        if (status != NfsStatus.Ok)
            return status;
        if (wanted.UserId is not null || wanted.GroupId is not null)
            ChangeOwner(ref record, wanted);
        if (wanted.Mode is { } mode)
        {
            // Who is not in the group may not make a program run as it.
            var mayKeep = record.IsDirectory || Call.Caller.IsRoot || Call.Caller.IsIn(record.GroupId);
            record.Mode = (ushort)(mode & ModeBits & (mayKeep ? ModeBits : ~SetGroupBit));
        }

        if (wanted.AccessedChange != TimeChange.Keep)
            record.AccessedNs = wanted.AccessedChange == TimeChange.Now ? _nowNs : FileTime.From(wanted.Accessed);
        if (wanted.ModifiedChange != TimeChange.Keep)
            record.ModifiedNs = wanted.ModifiedChange == TimeChange.Now ? _nowNs : FileTime.From(wanted.Modified);
        record.ChangedNs = _nowNs;

        // Who made the file goes on with it: another one that happens to have the same verifier finds it there.
        record.Verifier = 0;
        return NfsStatus.Ok;
    }

    private NfsStatus CheckAttributes(in InodeRecord record, in SetAttributes wanted)
    {
        var caller = Call.Caller;
        if (!wanted.Accessed.IsValid || !wanted.Modified.IsValid)
            return NfsStatus.Invalid;
        if (wanted.Mode is not null && !IsOwner(record))
            return NfsStatus.NotOwner;
        if (wanted.UserId is { } user && !caller.IsRoot && !(IsOwner(record) && user == record.UserId))
            return NfsStatus.NotOwner;
        if (wanted.GroupId is { } group && !caller.IsRoot && !(IsOwner(record) && (group == record.GroupId || caller.IsIn(group))))
            return NfsStatus.NotOwner;
        var isGiven = wanted.AccessedChange == TimeChange.Given || wanted.ModifiedChange == TimeChange.Given;
        if (isGiven && !IsOwner(record))
            return NfsStatus.NotOwner;
        var isNow = wanted.AccessedChange == TimeChange.Now || wanted.ModifiedChange == TimeChange.Now;
        if (isNow && !IsOwner(record) && !May(record, MayWrite))
            return NfsStatus.AccessDenied;
        if (wanted.Length is null)
            return NfsStatus.Ok;
        return record.Type switch
        {
            FileType.Directory => NfsStatus.IsDirectory,
            FileType.Regular => MayUseData(record, MayWrite) ? NfsStatus.Ok : NfsStatus.AccessDenied,
            _ => NfsStatus.Invalid,
        };
    }

    private void ChangeOwner(ref InodeRecord record, in SetAttributes wanted)
    {
        record.UserId = wanted.UserId ?? record.UserId;
        record.GroupId = wanted.GroupId ?? record.GroupId;
        if (record.IsDirectory)
            return;

        // A program does not go on running as somebody who did not ask for it (POSIX, chown).
        record.Mode = (ushort)(record.Mode & ~SetUserBit);
        if ((record.Mode & GroupExecuteBit) != 0)
            record.Mode = (ushort)(record.Mode & ~SetGroupBit);
    }

    private NfsStatus Resize(ulong inode, ref InodeRecord record, ulong length)
    {
        if (length > FileSpaces.MaximumFileBytes)
            return NfsStatus.FileTooLarge;
        record.ModifiedNs = _nowNs;
        if (!Call.Caller.IsRoot)
            record.Mode = WithoutSetBits(record.Mode);
        if ((long)length < record.WrittenEnd)
        {
            // To the end of the block, where there are zeros: a whole block is given back, a part of one would be read first.
            Truncation = new TruncationRecord(inode, (long)length, RoundUp(record.WrittenEnd));
            Span<byte> bytes = stackalloc byte[TruncationRecord.Size];
            Truncation.Value.Write(bytes);
            _records.Put(Keys.Truncation(inode), bytes);
            record.WrittenEnd = (long)length;
            var used = Math.Min(record.UsedBytes, RoundUp((long)length));
            Charge(record.QuotaTree, used - record.UsedBytes, 0);
            record.UsedBytes = used;
        }

        record.Length = (long)length;
        return NfsStatus.Ok;
    }

    private bool MustWait(ulong inode)
    {
        if (_closed.Contains(inode) || !service.IsBeingCutOff(inode))
            return false;
        WaitsFor = inode;
        return true;
    }

    private static ushort WithoutSetBits(ushort mode) =>
        (ushort)(mode & ~((mode & GroupExecuteBit) != 0 ? SetUserBit | SetGroupBit : SetUserBit));

    internal static long RoundUp(long bytes) => (bytes + 4095) & ~4095L;

    private void Access()
    {
        var reader = new XdrReader(Call.Arguments.Span);
        var arguments = AccessArguments.Read(ref reader);
        var status = Load(Call.Handle, out var record);
        if (status != NfsStatus.Ok)
        {
            Refuse(status);
            return;
        }

        var writer = BeginResults(NfsStatus.Ok);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        writer.UInt32((uint)(arguments.Rights & RightsTo(record)));
        EndResults(writer);
    }

    private AccessRights RightsTo(in InodeRecord record)
    {
        var rights = AccessRights.None;
        if (May(record, MayRead))
            rights |= AccessRights.Read;
        if (May(record, MayWrite) && !Call.IsReadOnly)
            rights |= AccessRights.Modify | AccessRights.Extend;
        if (!record.IsDirectory)
            return May(record, MayExecute) ? rights | AccessRights.Execute : rights;
        if (May(record, MayExecute))
            rights |= AccessRights.Lookup;
        if (May(record, MayWrite | MayExecute) && !Call.IsReadOnly)
            rights |= AccessRights.Delete;
        return rights;
    }
}
