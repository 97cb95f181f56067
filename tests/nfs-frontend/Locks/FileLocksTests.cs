using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>Locks in records: they are what was saved, changes stay small, and no bytes do harm.</summary>
public sealed class FileLocksTests
{
    private const ulong Inode = 77;

    [Test]
    public void A_record_stands_as_it_is_described()
    {
        var owner = new LockOwner(0x010203, 0x0A0B0C0D, new byte[] { 0xEE, 0xFF });
        var value = new byte[100];
        var length = FileLocks.Write(value, [new FileLock(owner, LockMode.Exclusive, new LockRange(5, LockRange.End), 3)]);
        Assert.That(
            Convert.ToHexString(value.AsSpan(0, length)),
            Is.EqualTo("01" + "01" + "03020100" + "0D0C0B0A" + "03000000" + "0500000000000000" + "FFFFFFFFFFFFFF7F" + "0200" + "EEFF"));
        var locks = new List<FileLock>();
        Assert.That(FileLocks.TryParse(value.AsSpan(0, length), 0, locks));
        Assert.That((locks[0].Owner, locks[0].Range, locks[0].State), Is.EqualTo((owner, new LockRange(5, LockRange.End), 3u)));
        for (var cut = 0; cut < length; cut++)
            Assert.That(FileLocks.TryParse(value.AsSpan(0, cut), 0, []), Is.EqualTo(cut == 1), "no locks at all are fine");
    }

    [Test]
    public void No_bytes_make_a_parser_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            FileLocks.TryParse(bytes, 0, []);
            byte[] likely = [1, 1, .. new byte[12], .. bytes];
            FileLocks.TryParse(likely, 0, []);
            return true;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Random_changes_are_found_again([Range(1, 10)] int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var store = new MemoryRecordStore();
        var table = new LockTable();
        for (var step = 0; step < 300; step++)
        {
            var owner = LockTableTests.Owner(random.Next(6));
            var range = LockTableTests.RandomRange(random);
            var isExclusive = random.Chance(0.3);
            var isLock = random.Chance(0.7);
            store.Run(records =>
            {
                Assert.That(FileLocks.TryLoad(records, Inode, out var locks));
                Assert.That(LockTableTests.Show(locks.Table), Is.EqualTo(LockTableTests.Show(table)));
                foreach (var changed in new[] { locks.Table, table })
                {
                    if (!isLock)
                        changed.Unlock(owner, range);
                    else if (changed.FindConflict(owner, range, isExclusive) is null)
                        changed.Lock(owner, range, isExclusive, 1);
                }

                Assert.That(locks.TrySave(records));
            });
        }

        // What hosts hold is noted for as long as they do.
        var held = store.Records.Keys.Where(key => key.High == LockRecords.HeldKind).Select(key => (uint)(key.Low >> 40));
        Assert.That(held, Is.EquivalentTo(table.All.Select(one => one.Owner.Host).Distinct()));
        store.Run(records => LockRecords.RemoveFile(records, Inode));
        Assert.That(store.Records, Is.Empty);
    }

    [Test]
    public void A_change_among_many_locks_writes_one_record()
    {
        var store = new MemoryRecordStore();
        for (var i = 0; i < 500; i++)
            Lock(store, 1, (ulong)i * 10);
        var records = store.Records.Keys.Count(key => key.High == ((Inode << 8) | LockRecords.FileKind));
        Assert.That(records, Is.InRange(4, 8));
        var writes = store.Writes;
        Lock(store, 1, 123_456);
        store.Run(transaction =>
        {
            FileLocks.TryLoad(transaction, Inode, out var locks);
            locks.Table.Unlock(Owner(1, 20), new LockRange(10, 10));
            locks.TrySave(transaction);
        });
        Assert.That(store.Writes - writes, Is.EqualTo(2));
        writes = store.Writes;
        Lock(store, 1, 123_456);
        Assert.That(store.Writes, Is.EqualTo(writes), "what is held already is not written");
    }

    [Test]
    public void There_is_an_end_of_room_and_nothing_is_written_then()
    {
        var store = new MemoryRecordStore();
        var count = 0;
        while (Lock(store, 1, (ulong)count * 10, handleBytes: 1024))
            count++;
        Assert.That(count, Is.EqualTo(3 * FileLocks.MaximumRecords));
        var before = store.Records.Values.Sum(value => value.Length);
        Assert.That(Lock(store, 1, 5_000_000, handleBytes: 1024), Is.False);
        Assert.That(store.Records.Values.Sum(value => value.Length), Is.EqualTo(before));
        Assert.That(Lock(store, 1, 5_000_000, handleBytes: 20), "small ones fit in between");
    }

    [Test]
    public void A_host_has_a_number_as_long_as_it_holds_anything()
    {
        var store = new MemoryRecordStore();
        var hosts = Enumerable.Range(0, 300)
            .Select(i => new LockHost(new byte[] { (byte)i, (byte)(i >> 8) }, IPAddress.Parse("192.0.2.1"), IPAddress.Any)).ToList();
        var numbers = new List<uint>();
        store.Run(records =>
        {
            numbers.Clear();
            foreach (var host in hosts)
            {
                Assert.That(HostRecords.Find(records, host), Is.EqualTo(HostRecords.None));
                numbers.Add(HostRecords.FindOrAdd(records, host));
                Assert.That(HostRecords.FindOrAdd(records, host), Is.EqualTo(numbers[^1]));
            }
        });
        Assert.That(numbers, Is.Unique.And.All.LessThanOrEqualTo(HostRecords.Maximum));
        store.Run(records =>
        {
            var other = hosts[0] with { Address = IPAddress.Parse("192.0.2.2") };
            Assert.That(HostRecords.Find(records, other), Is.EqualTo(HostRecords.None), "one name at two addresses is two hosts");
            foreach (var number in numbers)
                HostRecords.ForgetIfIdle(records, number);
        });
        Assert.That(store.Records, Is.Empty);
    }

    [Test]
    public void Hosts_of_one_checksum_are_told_apart()
    {
        // Among so many some share the 16 bits that their numbers begin with.
        var store = new MemoryRecordStore();
        var numbers = new HashSet<uint>();
        var random = new SeededRandom(1);
        var hosts = Enumerable.Range(0, 1000).Select(_ => new LockHost(BitConverter.GetBytes(random.NextUInt64()), IPAddress.Loopback, IPAddress.Any)).ToList();
        foreach (var host in hosts)
            store.Run(records => numbers.Add(HostRecords.FindOrAdd(records, host)));
        Assert.That(numbers, Has.Count.EqualTo(1000));
        Assert.That(numbers.Count(number => number % 256 != 0), Is.GreaterThan(0));
        store.Run(records =>
        {
            foreach (var host in hosts)
                Assert.That(numbers, Does.Contain(HostRecords.Find(records, host)));
        });
    }

    private static LockOwner Owner(uint host, int handleBytes) => new(host, 1, new byte[handleBytes]);

    private static bool Lock(MemoryRecordStore store, uint host, ulong at, int handleBytes = 20)
    {
        var isSaved = false;
        store.Run(records =>
        {
            FileLocks.TryLoad(records, Inode, out var locks);
            locks.Table.Lock(Owner(host, handleBytes), new LockRange(at, at), true, 1);
            isSaved = locks.TrySave(records);
        });
        return isSaved;
    }
}
