using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>What a client asks.</summary>
internal sealed record FileRequest(NfsProcedure Procedure, FileHandle Handle)
{
    public delegate void Rest(ref XdrWriter writer);

    public FileHandle OtherHandle { get; init; }

    public Caller? Caller { get; init; }

    public bool IsReadOnly { get; init; }

    public long Offset { get; init; }

    public int Count { get; init; }

    /// <summary>Null: one that was never used.</summary>
    public uint? Xid { get; init; }

    /// <summary>The write goes on until somebody says that it has ended.</summary>
    public bool KeepsTicket { get; init; }

    public byte[] Arguments { get; init; } = [];

    public static byte[] Encode(FileHandle handle, string name, Rest? rest = null) => Encode(handle, (ref XdrWriter writer) =>
    {
        // Names are bytes: each character is one.
        writer.Opaque(Encoding.Latin1.GetBytes(name));
        rest?.Invoke(ref writer);
    });

    public static byte[] Encode(FileHandle handle, Rest? rest = null)
    {
        var bytes = new byte[16 << 10];
        var writer = new XdrWriter(bytes);
        Span<byte> handleBytes = stackalloc byte[FileHandle.Size];
        handle.Write(handleBytes, new byte[FileHandle.KeyBytes]);
        writer.Opaque(handleBytes);
        rest?.Invoke(ref writer);
        return bytes[..writer.Position];
    }

    public static void WriteAttributes(ref XdrWriter writer, uint? mode, ulong? length = null, uint? user = null, uint? group = null)
    {
        foreach (var value in (uint?[])[mode, user, group])
        {
            writer.Boolean(value is not null);
            if (value is { } given)
                writer.UInt32(given);
        }

        writer.Boolean(length is not null);
        if (length is { } bytes)
            writer.UInt64(bytes);
        writer.UInt32((uint)TimeChange.Keep);
        writer.UInt32((uint)TimeChange.Keep);
    }
}

/// <summary>What a client is told.</summary>
internal sealed record CallReply(NfsStatus Status, byte[] Results, ulong Ticket)
{
    /// <summary>Anything but Ok: nobody answered.</summary>
    public RecordStatus Outcome { get; init; }

    public FileHandle ReadHandle(int position)
    {
        var reader = new XdrReader(Results, position);
        Assert.That(FileHandle.TryParse(reader.Opaque(NfsLimits.HandleBytes).In(Results), new byte[FileHandle.KeyBytes], out var handle));
        return handle;
    }

    /// <summary>The handle that CREATE and its kind tell.</summary>
    public FileHandle ReadMade() => ReadHandle(8);

    public (List<(string Name, ulong Inode, ulong Cookie)> Entries, bool IsEnd) ReadEntries()
    {
        var reader = new XdrReader(Results, 4);
        if (reader.Boolean())
            FileAttributes.Read(ref reader);
        reader.UInt64();
        var entries = new List<(string Name, ulong Inode, ulong Cookie)>();
        while (reader.Boolean())
        {
            var inode = reader.UInt64();
            var name = Encoding.Latin1.GetString(reader.Opaque(NfsLimits.NameBytes).In(Results));
            entries.Add((name, inode, reader.UInt64()));
        }

        var isEnd = reader.Boolean();
        Assert.That(reader.IsOk && reader.Position == Results.Length);
        return (entries, isEnd);
    }
}
