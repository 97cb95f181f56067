using System.Buffers.Binary;
using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// The locks of one file in its records. A record holds as many locks as it has room for, in no order; a change rewrites only the records
/// that it is about. Little-endian:
/// <code>
/// byte 0       version of the layout; then for each lock:
///      1       mode
///      4       host
///      4       svid
///      4       state
///      8       first byte    (a share: access)
///      8       last byte     (a share: deny)
///      2       bytes of the owner's handle, which follows
/// </code>
/// </summary>
public sealed class FileLocks
{
    /// <summary>Most records of one file: some ten thousand locks with handles as clients have them.</summary>
    public const int MaximumRecords = 128;

    /// <summary>Most bytes of an owner's handle (XNFS: MAXNETOBJ_SZ).</summary>
    public const int MaximumHandle = 1024;

    private const byte LayoutVersion = 1;
    private const int HeaderBytes = 1;
    private const int FixedBytes = 31;

    private readonly ulong _inode;
    private readonly SortedDictionary<int, int> _countOf = [];
    private readonly HashSet<uint> _hosts = [];

    private FileLocks(ulong inode, List<FileLock> locks)
    {
        _inode = inode;
        Table = new LockTable(locks);
        foreach (var one in locks)
        {
            _countOf[one.Record] = _countOf.GetValueOrDefault(one.Record) + 1;
            _hosts.Add(one.Owner.Host);
        }
    }

    /// <summary>The locks; changes are kept by <see cref="TrySave"/>.</summary>
    public LockTable Table { get; }

    /// <summary>Reads a file's locks; false when a record cannot be understood.</summary>
    public static bool TryLoad(RecordTransaction records, ulong inode, out FileLocks locks)
    {
        var found = new List<FileLock>();
        var from = LockRecords.File(inode, 0);
        var last = LockRecords.File(inode, MaximumRecords - 1);
        var isGood = true;
        while (isGood && records.TryGetNext(from, last, out var key, out var value))
        {
            isGood = TryParse(value, (int)key.Low, found);
            if (key == last)
                break;
            from = key with { Low = key.Low + 1 };
        }

        locks = new FileLocks(inode, isGood ? found : []);
        return isGood;
    }

    /// <summary>Writes what has changed; false, and nothing is written, when there is no room for it.</summary>
    public bool TrySave(RecordTransaction records)
    {
        if (!TryPlace(out var placed, out var changed))
            return false;
        foreach (var number in changed)
        {
            var key = LockRecords.File(_inode, (ulong)number);
            if (placed.TryGetValue(number, out var locks))
                Put(records, key, locks);
            else
                records.Delete(key);
        }

        foreach (var host in _hosts)
        {
            if (!Table.IsHeldBy(host))
                HostRecords.Forget(records, host, _inode);
        }

        foreach (var host in Table.All.Select(one => one.Owner.Host).Distinct())
        {
            if (!_hosts.Contains(host))
                records.Put(LockRecords.Held(host, _inode), [LayoutVersion]);
        }

        return true;
    }

    /// <summary>Reads the locks of one record; false when it is none.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> value, int record, List<FileLock> locks)
    {
        if (value.IsEmpty || value[0] != LayoutVersion)
            return false;
        for (var rest = value[HeaderBytes..]; !rest.IsEmpty;)
        {
            if (rest.Length < FixedBytes || rest[0] > (byte)LockMode.Share)
                return false;
            var handleBytes = BinaryPrimitives.ReadUInt16LittleEndian(rest[29..]);
            if (handleBytes > MaximumHandle || rest.Length - FixedBytes < handleBytes)
                return false;
            var handle = rest.Slice(FixedBytes, handleBytes).ToArray();
            var owner = new LockOwner(
                BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]), BinaryPrimitives.ReadUInt32LittleEndian(rest[5..]), handle);
            var range = new LockRange(BinaryPrimitives.ReadUInt64LittleEndian(rest[13..]), BinaryPrimitives.ReadUInt64LittleEndian(rest[21..]));
            var one = new FileLock(owner, (LockMode)rest[0], range, BinaryPrimitives.ReadUInt32LittleEndian(rest[9..])) { Record = record };
            if (one.IsRange && (range.Last > LockRange.End || range.Start > range.Last))
                return false;
            locks.Add(one);
            rest = rest[(FixedBytes + handleBytes)..];
        }

        return true;
    }

    /// <summary>Writes the locks of one record.</summary>
    internal static int Write(Span<byte> target, IReadOnlyList<FileLock> locks)
    {
        target[0] = LayoutVersion;
        var position = HeaderBytes;
        foreach (var one in locks)
        {
            var place = target[position..];
            place[0] = (byte)one.Mode;
            BinaryPrimitives.WriteUInt32LittleEndian(place[1..], one.Owner.Host);
            BinaryPrimitives.WriteUInt32LittleEndian(place[5..], one.Owner.Svid);
            BinaryPrimitives.WriteUInt32LittleEndian(place[9..], one.State);
            BinaryPrimitives.WriteUInt64LittleEndian(place[13..], one.Range.Start);
            BinaryPrimitives.WriteUInt64LittleEndian(place[21..], one.Range.Last);
            BinaryPrimitives.WriteUInt16LittleEndian(place[29..], (ushort)one.Owner.Handle.Length);
            one.Owner.Handle.Span.CopyTo(place[FixedBytes..]);
            position += SizeOf(one);
        }

        return position;
    }

    private static int SizeOf(FileLock one) => FixedBytes + one.Owner.Handle.Length;

    private static void Put(RecordTransaction records, RecordKey key, List<FileLock> locks)
    {
        Span<byte> value = stackalloc byte[RecordTransaction.MaximumValueBytes];
        records.Put(key, value[..Write(value, locks)]);
    }

    // Locks stay in the record that they stand in; new ones go where there is room.
    private bool TryPlace(out Dictionary<int, List<FileLock>> placed, out HashSet<int> changed)
    {
        placed = [];
        var sizes = new int[MaximumRecords];
        var arrived = new List<FileLock>();
        foreach (var one in Table.All)
        {
            if (one.Record < 0)
                arrived.Add(one);
            else
                Place(placed, sizes, one.Record, one);
        }

        changed = [];
        foreach (var (number, count) in _countOf)
        {
            if (!placed.TryGetValue(number, out var left) || left.Count != count)
                changed.Add(number);
        }

        foreach (var one in arrived)
        {
            var number = Array.FindIndex(sizes, size => Math.Max(size, HeaderBytes) + SizeOf(one) <= RecordTransaction.MaximumValueBytes);
            if (number < 0)
                return false;
            Place(placed, sizes, number, one);
            changed.Add(number);
        }

        return true;
    }

    private static void Place(Dictionary<int, List<FileLock>> placed, int[] sizes, int number, FileLock one)
    {
        if (!placed.TryGetValue(number, out var locks))
            placed[number] = locks = [];
        locks.Add(one);
        sizes[number] = Math.Max(sizes[number], HeaderBytes) + SizeOf(one);
    }
}
