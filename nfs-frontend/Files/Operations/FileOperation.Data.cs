using Uss.NfsFrontend.Nfs;

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
        if (status != NfsStatus.Ok)
        {
            AnswerWithConsistency(status, null);
            return;
        }

        if (MustWait(inode))
            return;
        (Call.File, Call.Length) = (inode, Call.Offset + Call.Count);
        InodeRecord? before = null;
        if (Call.Count > 0 && !WasDone(out _))
        {
            before = record;
            NoteWritten(ref record);
            Store(inode, record);
            NoteDone();
        }
        else
        {
            // What is beyond now was cut off after the call was noted: it must neither come back nor be left behind by the file.
            Call.Length = Math.Min(Call.Length, record.WrittenEnd);
        }

        AnswerWithConsistency(NfsStatus.Ok, before);
    }

    private void NoteWritten(ref InodeRecord record)
    {
        var end = Call.Offset + Call.Count;

        // Counted once, where they are new: so a file that is written over and over does not grow, and one with holes takes little.
        if (end > record.WrittenEnd)
        {
            var from = Math.Max(Call.Offset & ~4095L, RoundUp(record.WrittenEnd));
            record.UsedBytes += Math.Max(0, RoundUp(end) - from);
            record.WrittenEnd = end;
        }

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
        AnswerWithConsistency(status == NfsStatus.AccessDenied ? NfsStatus.Ok : status, null);
    }
}
