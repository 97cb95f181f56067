using System.Text;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.Simulation.Nfs;

/// <summary>An answer to a call of NFS as a client understands it (RFC 1813, 3.3).</summary>
internal sealed class NfsAnswer
{
    /// <summary>How the call itself ended; results are there when it succeeded.</summary>
    public AcceptStatus Accept { get; private init; }

    /// <summary>The results' status.</summary>
    public NfsStatus Status { get; private set; }

    /// <summary>The handle of what was made or found.</summary>
    public byte[] Handle { get; private set; } = [];

    /// <summary>Attributes of what the call is about: of what was made or found where there is such a thing.</summary>
    public FileAttributes? Attributes { get; private set; }

    /// <summary>Attributes of the directory, where the call tells them too.</summary>
    public FileAttributes? Directory { get; private set; }

    /// <summary>The length before the call, where it is told.</summary>
    public ulong? LengthBefore { get; private set; }

    /// <summary>Bytes read or written.</summary>
    public uint Count { get; private set; }

    /// <summary>The file or the list ends here.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>Bytes read.</summary>
    public byte[] Data { get; private set; } = [];

    /// <summary>What tells whether the server lost what it had not made durable.</summary>
    public ulong Verifier { get; private set; }

    /// <summary>Names of a directory.</summary>
    public List<(ulong Inode, string Name, ulong Cookie)> Entries { get; } = [];

    /// <summary>The client sent calls again while it waited, this one perhaps among them.</summary>
    public bool IsRepeated { get; private init; }

    /// <summary>Reads a reply; null when it is none.</summary>
    public static NfsAnswer? Read(NfsProcedure procedure, byte[] reply, bool isRepeated = false)
    {
        var reader = new XdrReader(reply, RpcReply.AcceptedSize - sizeof(uint));
        var answer = new NfsAnswer { Accept = (AcceptStatus)reader.UInt32(), IsRepeated = isRepeated };
        if (answer.Accept == AcceptStatus.Success)
        {
            answer.Status = (NfsStatus)reader.UInt32();
            answer.Read(procedure, ref reader, reply);
        }

        return reader.IsOk && reader.Position == reply.Length ? answer : null;
    }

    private void Read(NfsProcedure procedure, ref XdrReader reader, byte[] reply)
    {
        var isOk = Status == NfsStatus.Ok;
        switch (procedure)
        {
            case NfsProcedure.GetAttributes:
                Attributes = isOk ? FileAttributes.Read(ref reader) : null;
                break;
            case NfsProcedure.Lookup:
                if (isOk)
                {
                    Handle = reader.Opaque(NfsLimits.HandleBytes).In(reply).ToArray();
                    Attributes = ReadOptional(ref reader);
                }

                Directory = ReadOptional(ref reader);
                break;
            case NfsProcedure.Read:
                ReadData(ref reader, reply);
                break;
            case NfsProcedure.Create or NfsProcedure.MakeDirectory:
                if (isOk)
                {
                    Handle = reader.Boolean() ? reader.Opaque(NfsLimits.HandleBytes).In(reply).ToArray() : [];
                    Attributes = ReadOptional(ref reader);
                }

                Directory = ReadConsistency(ref reader);
                break;
            case NfsProcedure.Link:
                Attributes = ReadOptional(ref reader);
                Directory = ReadConsistency(ref reader);
                break;
            case NfsProcedure.Rename:
                ReadConsistency(ref reader);
                Directory = ReadConsistency(ref reader);
                break;
            case NfsProcedure.ReadDirectory:
                ReadNames(ref reader, reply);
                break;
            default:
                Attributes = ReadConsistency(ref reader);
                ReadWritten(procedure, ref reader);
                break;
        }
    }

    private void ReadWritten(NfsProcedure procedure, ref XdrReader reader)
    {
        if (Status != NfsStatus.Ok || procedure is not (NfsProcedure.Write or NfsProcedure.Commit))
            return;
        if (procedure == NfsProcedure.Write)
            (Count, _) = (reader.UInt32(), reader.UInt32());
        Verifier = reader.UInt64();
    }

    private void ReadData(ref XdrReader reader, byte[] reply)
    {
        Attributes = ReadOptional(ref reader);
        if (Status != NfsStatus.Ok)
            return;
        (Count, IsEnd) = (reader.UInt32(), reader.Boolean());
        Data = reader.Opaque(NfsLimits.TransferBytes).In(reply).ToArray();
    }

    private void ReadNames(ref XdrReader reader, byte[] reply)
    {
        Directory = ReadOptional(ref reader);
        if (Status != NfsStatus.Ok)
            return;
        reader.UInt64();
        while (reader.Boolean())
        {
            var inode = reader.UInt64();
            var name = Encoding.UTF8.GetString(reader.Opaque(NfsLimits.NameBytes).In(reply));
            Entries.Add((inode, name, reader.UInt64()));
        }

        IsEnd = reader.Boolean();
    }

    private FileAttributes? ReadConsistency(ref XdrReader reader)
    {
        if (reader.Boolean())
        {
            LengthBefore = reader.UInt64();
            reader.UInt64();
            reader.UInt64();
        }

        return ReadOptional(ref reader);
    }

    private static FileAttributes? ReadOptional(ref XdrReader reader) => reader.Boolean() ? FileAttributes.Read(ref reader) : null;
}
