using System.Buffers.Binary;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Calls that changed something are remembered with what they changed: when one comes again, by another connection or to another owner, it
// is answered and not done again. Those that were refused are remembered, too: a copy that a front-end was left with would otherwise be
// done long after the client was told that it failed.
internal sealed partial class FileOperation
{
    private const ulong MostReplies = 100_000;
    private const long KeptNs = 120_000_000_000;
    private const int ForgottenAtOnce = 2;

    /// <summary>The key under which is noted what became of a call.</summary>
    public static ulong ReplyKeyOf(FileCall call) =>
        Mix(call.ClientHash ^ Mix(((ulong)call.Xid << 32) | call.Checksum) ^ (ulong)call.Procedure);

    private ulong ReplyKey => ReplyKeyOf(Call);

    // True when the call was carried out before; tells the inode that it made.
    private bool WasDone(out ulong inode) => WasAnswered(out inode, out var status) && status == NfsStatus.Ok;

    private bool WasRefused(out NfsStatus status) => WasAnswered(out _, out status) && status != NfsStatus.Ok;

    private bool WasAnswered(out ulong inode, out NfsStatus status)
    {
        var isKnown = TryFindReply(out var reply);
        (inode, status) = (reply.Inode, (NfsStatus)reply.Status);
        return isKnown;
    }

    // Numbers of calls come round: what was not forgotten yet, because nothing has changed since, is no answer to a new call.
    private bool TryFindReply(out ReplyRecord reply)
    {
        reply = default;
        return _records.TryGet(Keys.Reply(ReplyKey), out var value) && ReplyRecord.TryParse(value, out reply)
            && reply.Client == Call.ClientHash && reply.Xid == Call.Xid && reply.Checksum == Call.Checksum
            && reply.Procedure == (uint)Call.Procedure && _nowNs - reply.TimeNs < KeptNs;
    }

    // The data of the call, a WRITE, is there.
    private void NoteWritten()
    {
        if (TryFindReply(out var reply))
            NoteReply(reply with { Status = (uint)NfsStatus.Ok });
    }

    private void NoteReply(in ReplyRecord reply)
    {
        Span<byte> bytes = stackalloc byte[ReplyRecord.Size];
        reply.Write(bytes);
        _records.Put(Keys.Reply(ReplyKey), bytes);
    }

    // What does not depend on how things are now, or can never become otherwise, need not be remembered.
    private void NoteRefused()
    {
        if (Call.Status is not (NfsStatus.Ok or NfsStatus.Stale or NfsStatus.Io or NfsStatus.ReadOnly or NfsStatus.NotSupported))
            NoteDone(0, Call.Status);
    }

    // The call is carried out by this operation. Stores the counters too: nothing changes after it.
    private void NoteDone(ulong inode = 0, NfsStatus status = NfsStatus.Ok)
    {
        ForgetOld();
        var reply = new ReplyRecord
        {
            Client = Call.ClientHash,
            Xid = Call.Xid,
            Checksum = Call.Checksum,
            Procedure = (uint)Call.Procedure,
            Status = (uint)status,
            Inode = inode,
            Number = _counters.NextReply++,
            TimeNs = _nowNs,
        };
        Span<byte> bytes = stackalloc byte[ReplyRecord.Size];
        reply.Write(bytes);
        _records.Put(Keys.Reply(ReplyKey), bytes);
        Span<byte> key = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(key, ReplyKey);
        _records.Put(Keys.ReplyOrder(reply.Number), key);
        StoreCounters();
    }

    private void ForgetOld()
    {
        for (var count = 0; count < ForgottenAtOnce && _counters.FirstReply < _counters.NextReply; count++)
        {
            if (_records.TryGet(Keys.ReplyOrder(_counters.FirstReply), out var value) && value.Length == sizeof(ulong))
            {
                // The place may have been taken by a later call.
                var key = Keys.Reply(BinaryPrimitives.ReadUInt64LittleEndian(value));
                var isOwn = _records.TryGet(key, out var found) && ReplyRecord.TryParse(found, out var reply) && reply.Number == _counters.FirstReply;
                if (isOwn && IsKept(key))
                    return;
                if (isOwn)
                    _records.Delete(key);
                _records.Delete(Keys.ReplyOrder(_counters.FirstReply));
            }

            _counters.FirstReply++;
        }
    }

    private bool IsKept(RecordKey key) =>
        _records.TryGet(key, out var value)
        && ReplyRecord.TryParse(value, out var reply)
        && _nowNs - reply.TimeNs < KeptNs
        && _counters.NextReply - _counters.FirstReply < MostReplies;

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
