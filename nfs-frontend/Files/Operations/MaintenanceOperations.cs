using System.Buffers.Binary;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

/// <summary>Begins a term as owner: makes the uppermost directory where there is none, and finds what the owner before left undone.</summary>
internal sealed class BeginOperation(FileService service) : RecordOperation
{
    /// <summary>Contents that have to go.</summary>
    public List<TruncationRecord> Unfinished { get; } = [];

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Unfinished.Clear();
        if (records.TryGet(Keys.Counters, out var value) && CountersRecord.TryParse(value, out var counters))
            service.Time.NoteGiven(counters.ChangedNs);
        else if (!records.IsIncomplete)
            MakeRoot(records, service.Time.NextNs());
        var (from, to) = Keys.Truncations;
        while (records.TryGetNext(from, to, out var key, out var found))
        {
            if (TruncationRecord.TryParse(key.Low, found, out var truncation))
                Unfinished.Add(truncation);
            if (key.Low == ulong.MaxValue)
                break;
            from = key with { Low = key.Low + 1 };
        }
    }

    private static void MakeRoot(RecordTransaction records, long nowNs)
    {
        var root = new InodeRecord
        {
            Type = FileType.Directory,
            Mode = 0x1FF,
            Links = 2,
            Length = 4096,
            UsedBytes = 4096,
            Parent = FileService.RootInode,
            Generation = FileService.RootGeneration,
            AccessedNs = nowNs,
            ModifiedNs = nowNs,
            ChangedNs = nowNs,
        };
        Span<byte> bytes = stackalloc byte[InodeRecord.Size];
        root.Write(bytes);
        records.Put(Keys.Inode(FileService.RootInode), bytes);
        bytes = bytes[..CountersRecord.Size];
        new CountersRecord { NextInode = FileService.RootInode + 1, Files = 1, ChangedNs = nowNs }.Write(bytes);
        records.Put(Keys.Counters, bytes);
    }
}

/// <summary>Deletes one record.</summary>
internal sealed class DeleteOperation(RecordKey key) : RecordOperation
{
    /// <inheritdoc/>
    public override void Run(RecordTransaction records) => records.Delete(key);
}

/// <summary>Finds the next file that has been without a name for long enough.</summary>
internal sealed class FindOrphanOperation : RecordOperation
{
    /// <summary>Inodes from this one on.</summary>
    public ulong From { get; set; }

    /// <summary>Without a name since this time or longer.</summary>
    public long SinceNs { get; set; }

    /// <summary>What was found; null: nothing.</summary>
    public ulong? Inode { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Inode = null;
        var (from, to) = (Keys.Orphan(From), Keys.Orphans.To);
        while (records.TryGetNext(from, to, out var key, out var value))
        {
            if (value.Length == sizeof(long) && BinaryPrimitives.ReadInt64LittleEndian(value) <= SinceNs)
            {
                Inode = key.Low;
                return;
            }

            from = key with { Low = key.Low + 1 };
        }
    }
}

/// <summary>Takes away a file without a name, and notes that its contents have to go.</summary>
internal sealed class ReapOperation(ulong inode) : RecordOperation
{
    /// <summary>What has to go.</summary>
    public TruncationRecord Truncation { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        InodeRecord record = default;
        if (records.TryGet(Keys.Inode(inode), out var found))
            InodeRecord.TryParse(found, out record);
        Truncation = new TruncationRecord(inode, 0, record.WrittenEnd);
        records.Delete(Keys.Orphan(inode));
        records.Delete(Keys.Inode(inode));
        Span<byte> bytes = stackalloc byte[TruncationRecord.Size];
        Truncation.Write(bytes);
        records.Put(Keys.Truncation(inode), bytes);
        if (!records.TryGet(Keys.Counters, out var value) || !CountersRecord.TryParse(value, out var counters))
            return;
        counters.Files--;
        counters.Write(bytes = stackalloc byte[CountersRecord.Size]);
        records.Put(Keys.Counters, bytes);
    }
}
