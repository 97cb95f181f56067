using Uss.NfsFrontend.Nfs;
using Uss.Volumes;

namespace Uss.NfsFrontend.Files;

// What the owner has to do with READ, WRITE and COMMIT (RFC 1813, 3.3.6, 3.3.7, 3.3.21): the data does not come here.
internal sealed partial class FileOperation
{
    private void Read()
    {
        var status = LoadFile(MayRead, out var record);
        if (status is not (NfsStatus.Ok or NfsStatus.AccessDenied))
        {
            Refuse(status);
            return;
        }

        (Call.File, Call.Length) = (Call.Handle.Inode, record.Length);
        var writer = BeginResults(status);
        WriteAttributes(ref writer, Call.Handle.Inode, record);
        EndResults(writer);
    }

    private void Write()
    {
        var inode = Call.Handle.Inode;
        var status = LoadFile(MayWrite, out var record);
        if (Call.IsDone)
        {
            NoteWritten();
            AnswerUnchanged(status == NfsStatus.AccessDenied ? NfsStatus.Ok : status);
            return;
        }

        if (status == NfsStatus.Ok && (Call.Offset < 0 || Call.Count < 0 || Call.Offset > FileSpaces.MaximumFileBytes - Call.Count))
            status = NfsStatus.FileTooLarge;
        if (status != NfsStatus.Ok)
        {
            AnswerUnchanged(status);
            return;
        }

        if (MustWait(inode))
            return;
        WaitsForCopy = service.IsCopyUnderWay(Call);
        if (WaitsForCopy)
            return;
        (Call.File, Call.Length) = (inode, Call.Offset + Call.Count);

        // A copy writes its data where nobody knows whether that was done. What lies beyond the end was cut off after the call was noted: it
        // must neither come back nor be left behind the end, where it would turn up later.
        InodeRecord? before = record;
        if (TryFindReply(out var reply))
        {
            before = null;
            IsWritten = reply.Status == (uint)NfsStatus.Ok || service.IsWritten(ReplyKey);
            if (IsWritten)
            {
                AnswerUnchanged(NfsStatus.Ok);
                return;
            }

            WaitsForCopy = reply.Inode != Call.Copy && service.MayBeUnderWay(reply.TimeNs);
            if (WaitsForCopy)
                return;
            Call.IsRepeated |= reply.Inode != Call.Copy;
            if (reply.Inode != Call.Copy)
                NoteReply(reply with { Inode = Call.Copy });
            Call.Length = Math.Min(Call.Length, Math.Min(record.Length, record.WrittenEnd));
        }

        if (Call.Count > 0 && before is not null)
        {
            var used = UsedByWriting(record);
            status = CheckQuota(record.QuotaTree, used, 0);
            if (status == NfsStatus.Ok)
            {
                Charge(record.QuotaTree, used, 0);
                record.UsedBytes += used;
                NoteWritten(ref record);
                Store(inode, record);
                NoteDone(Call.Copy, (NfsStatus)ReplyRecord.UnderWay);
            }
        }

        AnswerWithConsistency(status, Call.Count > 0 ? before : null);
    }

    // Bytes are counted once, where they are new: so a file that is written over and over does not grow, and one with holes takes little.
    private long UsedByWriting(in InodeRecord record)
    {
        var from = Math.Max(Call.Offset & ~4095L, RoundUp(record.WrittenEnd));
        return Math.Max(0, RoundUp(Call.Offset + Call.Count) - from);
    }

    private void NoteWritten(ref InodeRecord record)
    {
        var end = Call.Offset + Call.Count;
        record.WrittenEnd = Math.Max(record.WrittenEnd, end);
        record.Length = Math.Max(record.Length, end);
        record.Verifier = 0;
        (record.ModifiedNs, record.ChangedNs) = (_nowNs, _nowNs);
        if (!Call.Caller.IsRoot)
            record.Mode = WithoutSetBits(record.Mode);
    }

    private NfsStatus LoadFile(int wanted, out InodeRecord record)
    {
        var status = Load(Call.Handle, out record);
        if (status != NfsStatus.Ok)
            return status;
        return record.Type switch
        {
            FileType.Directory => NfsStatus.IsDirectory,
            FileType.Regular => MayUseData(record, wanted) ? NfsStatus.Ok : NfsStatus.AccessDenied,
            _ => NfsStatus.Invalid,
        };
    }

    private void Commit()
    {
        var status = LoadFile(MayWrite, out _);

        // Who could write before may still ask whether it is durable.
        AnswerUnchanged(status == NfsStatus.AccessDenied ? NfsStatus.Ok : status);
    }

    // What has the inode of a stale handle now is another file.
    private void AnswerUnchanged(NfsStatus status)
    {
        if (status == NfsStatus.Stale)
            Refuse(status);
        else
            AnswerWithConsistency(status, null);
    }
}
