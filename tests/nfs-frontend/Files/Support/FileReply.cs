using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>One entry of a list.</summary>
internal sealed record ListEntry(ulong Inode, byte[] Name, ulong Cookie, FileAttributes? Attributes, FileHandle? Handle);

/// <summary>The results of a call, decoded to their last byte after RFC 1813, 3.3; of READ, WRITE and COMMIT what the owner answers.</summary>
internal sealed class FileReply
{
    public required NfsStatus Status { get; init; }

    public required byte[] Bytes { get; init; }

    /// <summary>What was made or found.</summary>
    public FileHandle? Handle { get; private set; }

    /// <summary>Attributes of the file that the call is about, or of what was made or found.</summary>
    public FileAttributes? Attributes { get; private set; }

    /// <summary>Of LOOKUP: attributes of the directory.</summary>
    public FileAttributes? Directory { get; private set; }

    public (ulong Length, NfsTime Modified, NfsTime Changed)? Before { get; private set; }

    public FileAttributes? After { get; private set; }

    /// <summary>As above, of RENAME's second directory.</summary>
    public (ulong Length, NfsTime Modified, NfsTime Changed)? OtherBefore { get; private set; }

    public FileAttributes? OtherAfter { get; private set; }

    public byte[] Path { get; private set; } = [];

    public uint Rights { get; private set; }

    public List<ListEntry> Entries { get; } = [];

    public bool IsEnd { get; private set; }

    /// <summary>The numbers of FSSTAT, FSINFO and PATHCONF in their order.</summary>
    public List<ulong> Numbers { get; } = [];

    /// <summary>For READ and WRITE: file, length, ticket.</summary>
    public ulong File { get; init; }

    public long Length { get; init; }

    public ulong Ticket { get; init; }

    public ulong Key { get; init; }

    public static FileReply Read(FileCall call)
    {
        var bytes = call.Results.Span[..call.ResultBytes].ToArray();
        var reader = new XdrReader(bytes);
        var reply = new FileReply
        {
            Status = (NfsStatus)reader.UInt32(),
            Bytes = bytes,
            File = call.File,
            Length = call.Length,
            Ticket = call.Ticket,
            Key = FileOperation.ReplyKeyOf(call),
        };
        Assert.That(Enum.IsDefined(reply.Status), $"status {reply.Status}");
        reply.ReadBody(call.Procedure, ref reader);
        Assert.That(reader.IsOk && reader.Position == bytes.Length, $"{call.Procedure} {reply.Status}: {Convert.ToHexString(bytes)}");
        return reply;
    }

    private void ReadBody(NfsProcedure procedure, ref XdrReader reader)
    {
        var isOk = Status == NfsStatus.Ok;
        switch (procedure)
        {
            case NfsProcedure.GetAttributes:
                if (isOk)
                    Attributes = FileAttributes.Read(ref reader);
                break;
            case NfsProcedure.Lookup:
                if (isOk)
                {
                    Handle = ReadHandle(ref reader);
                    Attributes = ReadOptional(ref reader);
                }

                Directory = ReadOptional(ref reader);
                break;
            case NfsProcedure.Create or NfsProcedure.MakeDirectory or NfsProcedure.SymbolicLink or NfsProcedure.MakeNode:
                if (isOk)
                {
                    Handle = reader.Boolean() ? ReadHandle(ref reader) : null;
                    Attributes = ReadOptional(ref reader);
                }

                ReadConsistency(ref reader);
                break;
            case NfsProcedure.Rename:
                ReadConsistency(ref reader);
                var (before, after) = (Before, After);
                ReadConsistency(ref reader);
                (OtherBefore, OtherAfter) = (Before, After);
                (Before, After) = (before, after);
                break;
            case NfsProcedure.Link:
                Attributes = ReadOptional(ref reader);
                ReadConsistency(ref reader);
                break;
            case NfsProcedure.SetAttributes or NfsProcedure.Write or NfsProcedure.Remove or NfsProcedure.RemoveDirectory or NfsProcedure.Commit:
                ReadConsistency(ref reader);
                break;
            default:
                Attributes = ReadOptional(ref reader);
                if (isOk)
                    ReadRest(procedure, ref reader);
                break;
        }
    }

    private void ReadRest(NfsProcedure procedure, ref XdrReader reader)
    {
        switch (procedure)
        {
            case NfsProcedure.Access:
                Rights = reader.UInt32();
                break;
            case NfsProcedure.ReadLink:
                Path = reader.Opaque(NfsLimits.LinkBytes).In(Bytes).ToArray();
                break;
            case NfsProcedure.ReadDirectory:
                ReadEntries(ref reader, isPlus: false);
                break;
            case NfsProcedure.ReadDirectoryPlus:
                ReadEntries(ref reader, isPlus: true);
                break;
            case NfsProcedure.FileSystemStatus:
                for (var index = 0; index < 6; index++)
                    Numbers.Add(reader.UInt64());
                Numbers.Add(reader.UInt32());
                break;
            case NfsProcedure.FileSystemInformation:
                for (var index = 0; index < 7; index++)
                    Numbers.Add(reader.UInt32());
                Numbers.Add(reader.UInt64());
                Numbers.Add(reader.UInt64());
                Numbers.Add(reader.UInt32());
                break;
            case NfsProcedure.PathConfiguration:
                Numbers.Add(reader.UInt32());
                Numbers.Add(reader.UInt32());
                for (var index = 0; index < 4; index++)
                    Numbers.Add(reader.Boolean() ? 1u : 0);
                break;
        }
    }

    private void ReadEntries(ref XdrReader reader, bool isPlus)
    {
        reader.UInt64();
        while (reader.Boolean())
        {
            var inode = reader.UInt64();
            var name = reader.Opaque(NfsLimits.NameBytes).In(Bytes).ToArray();
            var cookie = reader.UInt64();
            var attributes = isPlus ? ReadOptional(ref reader) : null;
            var handle = isPlus && reader.Boolean() ? ReadHandle(ref reader) : (FileHandle?)null;
            Entries.Add(new ListEntry(inode, name, cookie, attributes, handle));
        }

        IsEnd = reader.Boolean();
    }

    private void ReadConsistency(ref XdrReader reader)
    {
        Before = reader.Boolean() ? (reader.UInt64(), NfsTime.Read(ref reader), NfsTime.Read(ref reader)) : null;
        After = ReadOptional(ref reader);
    }

    private static FileAttributes? ReadOptional(ref XdrReader reader) => reader.Boolean() ? FileAttributes.Read(ref reader) : null;

    private FileHandle ReadHandle(ref XdrReader reader)
    {
        Assert.That(FileHandle.TryParse(reader.Opaque(NfsLimits.HandleBytes).In(Bytes), ArgumentsBuilder.Key, out var handle));
        return handle;
    }
}
