using System.Buffers.Binary;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Volumes;

namespace Uss.NfsFrontend.Files;

/// <summary>Begins a term as owner: makes the uppermost directory where there is none, and finds what the owner before left undone.</summary>
internal sealed class BeginOperation(FileService service) : RecordOperation
{
    /// <summary>Contents that have to go.</summary>
    public List<TruncationRecord> Unfinished { get; } = [];

    /// <summary>The file system has just been made: nobody owned it before.</summary>
    public bool IsNew { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Unfinished.Clear();
        IsNew = !records.TryGet(Keys.Counters, out var value);
        if (CountersRecord.TryParse(value, out var counters))
            service.Time.NoteGiven(counters.ChangedNs);
        else if (IsNew && !records.IsIncomplete)
            MakeRoot(records, service.Options.Root, service.Time.NextNs());
        var (from, to) = Keys.Truncations;
        while (records.TryGetNext(from, to, out var key, out var found))
        {
            if (TruncationRecord.TryParse(key.Low, found, out var truncation))
                Unfinished.Add(truncation);
            from = key with { Low = key.Low + 1 };
        }
    }

    private static void MakeRoot(RecordTransaction records, RootDirectory made, long nowNs)
    {
        var root = new InodeRecord
        {
            Type = FileType.Directory,
            Mode = (ushort)made.Mode,
            UserId = made.User,
            GroupId = made.Group,
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

/// <summary>Notes how far a truncation is; also tells whether this node is still the owner, when there is nothing new to note.</summary>
internal sealed class NoteTruncationOperation(TruncationRecord truncation) : RecordOperation
{
    /// <summary>The truncation is one that records know of.</summary>
    public bool IsNoted { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        var key = Keys.Truncation(truncation.Inode);
        var noted = default(TruncationRecord);
        IsNoted = records.TryGet(key, out var value) && TruncationRecord.TryParse(truncation.Inode, value, out noted);
        if (!IsNoted || noted == truncation)
            return;
        Span<byte> bytes = stackalloc byte[TruncationRecord.Size];
        truncation.Write(bytes);
        records.Put(key, bytes);
    }
}

/// <summary>Notes of writes that their data is there.</summary>
internal sealed class NoteWrittenOperation : RecordOperation
{
    /// <summary>Keys of the calls' replies.</summary>
    public List<ulong> Keys { get; } = [];

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        Span<byte> bytes = stackalloc byte[ReplyRecord.Size];
        foreach (var call in Keys)
        {
            var key = Files.Keys.Reply(call);
            if (!records.TryGet(key, out var value) || !ReplyRecord.TryParse(value, out var reply) || reply.Status != ReplyRecord.UnderWay)
                continue;
            reply.Status = (uint)NfsStatus.Ok;
            reply.Write(bytes);
            records.Put(key, bytes);
        }
    }
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

/// <summary>Finds the next inode.</summary>
internal sealed class FindFileOperation : RecordOperation
{
    /// <summary>Inodes from this one on.</summary>
    public ulong From { get; set; } = FileService.RootInode;

    /// <summary>What was found; null: nothing.</summary>
    public ulong? Inode { get; private set; }

    /// <summary>It is a regular file.</summary>
    public bool IsRegular { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        (Inode, IsRegular) = (null, false);
        if (!records.TryGetNext(Keys.Inode(From), RecordKey.Maximum, out var key, out var value))
            return;
        Inode = Keys.InodeOf(key);
        IsRegular = key == Keys.Inode(Keys.InodeOf(key)) && InodeRecord.TryParse(value, out var record) && record.Type == FileType.Regular;
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
        var end = records.TryGet(Keys.Inode(inode), out var found) && InodeRecord.TryParse(found, out var record) ? record.WrittenEnd : 0;
        Truncation = new TruncationRecord(inode, 0, FileOperation.RoundUp(end));
        records.Delete(Keys.Orphan(inode));
        LockRecords.RemoveFile(records, inode);
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
