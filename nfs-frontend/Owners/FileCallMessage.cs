using System.Text.Json;
using Uss.NfsFrontend.Administration;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Owners;

/// <summary>
/// A call as it goes from a front-end to an owner at another node, in XDR.
/// <code>
/// version 4   kind 4
/// call:  procedure 4   read-only 4   export 4   top 8   handle 24   other handle 24   offset 8   count 4
///        client 8   xid 4   checksum 4   copy 8   done 4   user 4   group 4   groups: count 4, each 4
///        arguments: length 4, bytes
/// end of a write:  ticket 8   key of its reply 8   done 4
/// administration: a FileSystemRequest as JSON to the end; the answer is a FileSystemAnswer
/// lock, grant:  the bytes of a LockCall to the end; the answer to a lock is the bytes of a LockReply, to a grant its outcome 4
/// answer:  contents 8   length 8   ticket 8   repeated 4, in front of the results' bytes as they are
/// </code>
/// </summary>
internal static class FileCallMessage
{
    private const uint Version = 2;
    private const uint KindCall = 1;
    private const uint KindEnd = 2;
    private const uint KindLock = 3;
    private const uint KindGrant = 4;
    private const uint KindAdministration = 5;
    private const int HeadBytes = 2 * sizeof(uint);
    private const int AnswerHeadBytes = 28;

    /// <summary>What a message asks for.</summary>
    public enum Kind
    {
        /// <summary>Nothing that is known here.</summary>
        None,

        /// <summary>A call.</summary>
        Call,

        /// <summary>The end of a write.</summary>
        End,

        /// <summary>A call about locks.</summary>
        Lock,

        /// <summary>A client is to be told that it has a lock.</summary>
        Grant,

        /// <summary>What an administrator wants.</summary>
        Administration,
    }

    /// <summary>Bytes of an answer with so many bytes of results.</summary>
    public static int AnswerBytesOf(int results) => AnswerHeadBytes + results;

    /// <summary>Writes a call; returns its length.</summary>
    public static int Write(FileCall call, Span<byte> target)
    {
        var writer = new XdrWriter(target);
        writer.UInt32(Version);
        writer.UInt32(KindCall);
        writer.UInt32((uint)call.Procedure);
        writer.Boolean(call.IsReadOnly);
        writer.UInt32(call.Export);
        writer.UInt64(call.Top);
        Write(ref writer, call.Handle);
        Write(ref writer, call.OtherHandle);
        writer.UInt64((ulong)call.Offset);
        writer.UInt32((uint)call.Count);
        writer.UInt64(call.ClientHash);
        writer.UInt32(call.Xid);
        writer.UInt32(call.Checksum);
        writer.UInt64(call.Copy);
        writer.Boolean(call.IsDone);
        writer.UInt32(call.Caller.UserId);
        writer.UInt32(call.Caller.GroupId);
        writer.UInt32((uint)call.Caller.Groups.Length);
        foreach (var group in call.Caller.Groups)
            writer.UInt32(group);
        writer.Opaque(call.Arguments.Span);
        return writer.Position;
    }

    /// <summary>Writes the end of a write; returns its length.</summary>
    public static int WriteEnd(in EndedWrite write, Span<byte> target)
    {
        var writer = new XdrWriter(target);
        writer.UInt32(Version);
        writer.UInt32(KindEnd);
        writer.UInt64(write.Ticket);
        writer.UInt64(write.Key);
        writer.Boolean(write.IsDone);
        return writer.Position;
    }

    /// <summary>Writes a call about locks, or that a client is to be told that it has one; returns its length.</summary>
    public static int WriteLock(LockCall call, bool isGrant, Span<byte> target)
    {
        var writer = new XdrWriter(target);
        writer.UInt32(Version);
        writer.UInt32(isGrant ? KindGrant : KindLock);
        call.Write(target[writer.Position..]);
        return writer.Position + call.Size;
    }

    /// <summary>What an administrator wants, as a message.</summary>
    public static byte[] Of(FileSystemRequest request)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, AdministrationJson.Default.FileSystemRequest);
        var message = new byte[HeadBytes + body.Length];
        var writer = new XdrWriter(message);
        writer.UInt32(Version);
        writer.UInt32(KindAdministration);
        body.CopyTo(message, HeadBytes);
        return message;
    }

    /// <summary>Reads what an administrator wants; null when it is nothing that is known here.</summary>
    public static FileSystemRequest? ReadRequest(ReadOnlySpan<byte> source)
    {
        try
        {
            return JsonSerializer.Deserialize(source[HeadBytes..], AdministrationJson.Default.FileSystemRequest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads the answer to an administrator; null when it is none.</summary>
    public static FileSystemAnswer? ReadAnswer(ReadOnlySpan<byte> source)
    {
        try
        {
            return JsonSerializer.Deserialize(source, AdministrationJson.Default.FileSystemAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Whether a message says what an administrator wants.</summary>
    public static bool IsAdministration(ReadOnlySpan<byte> source)
    {
        var reader = new XdrReader(source);
        return reader.UInt32() == Version && reader.UInt32() == KindAdministration;
    }

    /// <summary>Reads a call about locks.</summary>
    public static bool TryReadLock(ReadOnlySpan<byte> source, out LockCall call) => LockCall.TryParse(source[HeadBytes..], out call);

    /// <summary>Reads what another node sent.</summary>
    /// <param name="source">The message.</param>
    /// <param name="call">Takes a call.</param>
    /// <param name="ended">Takes a write that has ended.</param>
    public static Kind Read(ReadOnlySpan<byte> source, FileCall call, out EndedWrite ended)
    {
        ended = default;
        var reader = new XdrReader(source);
        if (reader.UInt32() != Version)
            return Kind.None;
        switch (reader.UInt32())
        {
            case KindCall:
                return ReadCall(source, ref reader, call) ? Kind.Call : Kind.None;
            case KindEnd:
                ended = new EndedWrite(reader.UInt64(), reader.UInt64(), reader.Boolean());
                return reader.IsOk ? Kind.End : Kind.None;
            case KindLock:
                return Kind.Lock;
            case KindGrant:
                return Kind.Grant;
            case KindAdministration:
                return Kind.Administration;
            default:
                return Kind.None;
        }
    }

    /// <summary>Writes what stands in front of the results.</summary>
    public static void WriteAnswerHead(FileCall call, Span<byte> target)
    {
        var writer = new XdrWriter(target);
        writer.UInt64(call.File);
        writer.UInt64((ulong)call.Length);
        writer.UInt64(call.Ticket);
        writer.Boolean(call.IsRepeated);
    }

    /// <summary>Reads an answer that lies in the call's room for results; false when it is none.</summary>
    public static bool ReadAnswer(FileCall call, int bytes)
    {
        var answer = call.Results.Span[..bytes];
        var reader = new XdrReader(answer);
        (call.File, call.Length, call.Ticket) = (reader.UInt64(), (long)reader.UInt64(), reader.UInt64());
        call.IsRepeated |= reader.Boolean();
        if (!reader.IsOk || bytes < AnswerHeadBytes + sizeof(uint))
            return false;
        answer[AnswerHeadBytes..].CopyTo(answer);
        call.ResultBytes = bytes - AnswerHeadBytes;
        return true;
    }

    private static bool ReadCall(ReadOnlySpan<byte> source, ref XdrReader reader, FileCall call)
    {
        call.Begin((NfsProcedure)reader.UInt32AtMost((uint)NfsProcedure.Commit));
        call.IsReadOnly = reader.Boolean();
        call.Export = (ushort)reader.UInt32AtMost(ushort.MaxValue);
        call.Top = reader.UInt64();
        call.Handle = ReadHandle(ref reader);
        call.OtherHandle = ReadHandle(ref reader);
        call.Offset = (long)reader.UInt64();
        call.Count = (int)reader.UInt32AtMost(NfsLimits.TransferBytes);
        (call.ClientHash, call.Xid, call.Checksum, call.Copy) = (reader.UInt64(), reader.UInt32(), reader.UInt32(), reader.UInt64());
        call.IsDone = reader.Boolean();
        var (user, group) = (reader.UInt32(), reader.UInt32());
        Span<uint> groups = stackalloc uint[AuthSys.MaximumGroups];
        var count = (int)reader.UInt32AtMost(AuthSys.MaximumGroups);
        for (var i = 0; i < count; i++)
            groups[i] = reader.UInt32();
        call.Caller = new Caller(user, group, groups[..count]);
        var arguments = reader.Opaque(FileCall.MaximumArgumentBytes);
        if (!reader.IsOk || call.Offset < 0)
            return false;
        call.SetArguments(arguments.In(source));
        return true;
    }

    private static void Write(ref XdrWriter writer, in FileHandle handle)
    {
        writer.UInt32(handle.Export);
        writer.UInt32(handle.FileSystem);
        writer.UInt64(handle.Inode);
        writer.UInt32(handle.Generation);
        writer.UInt32(handle.Snapshot);
    }

    private static FileHandle ReadHandle(ref XdrReader reader) => new()
    {
        Export = (ushort)reader.UInt32AtMost(ushort.MaxValue),
        FileSystem = reader.UInt32(),
        Inode = reader.UInt64(),
        Generation = reader.UInt32(),
        Snapshot = reader.UInt32(),
    };
}
