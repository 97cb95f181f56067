using System.Text;
using System.Text.Json.Serialization.Metadata;
using FsCheck;
using FsCheck.Fluent;
using Uss.Coordination;
using Uss.Replication;

namespace Uss.Volumes.Tests;

/// <summary>The records of volumes and groups: what is written is read again, and no damage to one makes the reader throw.</summary>
public sealed class RecordTests
{
    private static readonly Guid _disk = new("01234567-89ab-cdef-0123-456789abcdef");

    private static readonly Codec[] _codecs =
    [
        Of(
            new VolumeRecord { Id = "00000000000000aa", Name = "v1", SizeBytes = 1 << 20, Pool = 1, Space = "0000000100000002", TrimBytes = 4096 },
            VolumesJson.Default.VolumeRecord,
            record => VolumeRecord.ParseId(record.Id) + VolumeRecord.ParseId(record.Space)),
        Of(
            new FileSystemRecord { Id = 7, Name = "fs", Pool = 1, Root = new RootDirectory { Mode = 0x1ED, User = 1000 } },
            VolumesJson.Default.FileSystemRecord,
            record => record.Id + record.Root.Mode),
        Of(
            new DiskRecord { Id = _disk, Name = "/dev/sdb", DataBytes = 1 << 30, Node = "node" },
            VolumesJson.Default.DiskRecord,
            record => DiskRecord.KeyOf(record.Id)),
        Of(new CountersRecord { NextPool = 3, NextFamily = 9 }, VolumesJson.Default.CountersRecord, record => record.NextFamily),
        Of(
            new RemovedSpaceRecord { PendingDisks = [_disk] },
            VolumesJson.Default.RemovedSpaceRecord,
            record => record.PendingDisks.Count),
        Of(
            new GroupRecord { Epoch = 4, InSync = [_disk], Primary = _disk, Departed = [new(Guid.Empty, 7)], CleanVersion = 8, Proposer = 5 },
            ReplicationJson.Default.GroupRecord,
            record => record.InSync.Count + record.Departed.Count(member => member.Disk == _disk)),
        Of(
            new PoolRecord { Id = 1, Name = "p", Copies = 2, Groups = 64, Hash = Uss.Placement.PlacementHash.Version },
            ReplicationJson.Default.PoolRecord,
            record => record.ToPolicy()),
        Of(
            new MapRecord { Version = 2, Disks = [_disk, Guid.Empty], Rows = [[0, 1], [1], []] },
            ReplicationJson.Default.MapRecord,
            record => record.ToMap().Rows[0][1]),
    ];

    private static IEnumerable<string> Names => _codecs.Select(codec => codec.Name);

    [TestCaseSource(nameof(Names))]
    public void What_is_written_is_read_again(string name)
    {
        var codec = _codecs.Single(candidate => candidate.Name == name);
        Assert.That(codec.Recode(codec.Document), Is.EqualTo(codec.Document));
    }

    [TestCaseSource(nameof(Names))]
    public void No_damage_makes_a_reader_throw(string name)
    {
        var codec = _codecs.Single(candidate => candidate.Name == name);
        for (var length = 0; length < codec.Document.Length; length++)
            Assert.That(codec.Recode(codec.Document[..length]), Is.Null, "cut short");
        for (var at = 0; at < codec.Document.Length; at++)
        {
            foreach (var put in "0-9\"[{}]n\0\u00ff"u8)
            {
                var damaged = codec.Document.ToArray();
                damaged[at] = put;
                codec.Recode(damaged);
            }
        }

        Prop.ForAll<byte[]>(bytes => codec.Recode(bytes) is null).QuickCheckThrowOnFailure();
    }

    [TestCase("VolumeRecord", "00000000000000aa", "no number")]
    [TestCase("VolumeRecord", "1048576", "-4096")]
    [TestCase("FileSystemRecord", "\"id\":7", "\"id\":16384")]
    [TestCase("FileSystemRecord", "493", "4096")]
    [TestCase("MapRecord", "[0,1]", "[0,2]")]
    [TestCase("MapRecord", "[0,1]", "null")]
    [TestCase("PoolRecord", "64", "0")]
    [TestCase("GroupRecord", "\"primary\":\"01234567", "\"primary\":\"76543210")]
    [TestCase("RemovedSpaceRecord", "[\"01234567-89ab-cdef-0123-456789abcdef\"]", "null")]
    public void What_cannot_be_is_refused(string name, string text, string replacement)
    {
        var codec = _codecs.Single(candidate => candidate.Name == name);
        var document = Encoding.UTF8.GetString(codec.Document);
        Assert.That(document, Does.Contain(text));
        Assert.That(codec.Recode(Encoding.UTF8.GetBytes(document.Replace(text, replacement, StringComparison.Ordinal))), Is.Null);
    }

    [Test]
    public void What_an_older_version_wrote_is_completed()
    {
        var counters = CoordinationJson.Read("counters", """{"nextPool":3,"nextFamily":9}"""u8.ToArray(), VolumesJson.Default.CountersRecord);
        Assert.That(counters.Value, Is.EqualTo(new CountersRecord { NextPool = 3, NextFamily = 9, NextFileSystem = 1 }));
        var fileSystem = CoordinationJson.Read("fs", """{"id":7,"name":"fs","pool":1}"""u8.ToArray(), VolumesJson.Default.FileSystemRecord);
        Assert.That(fileSystem.Value, Is.EqualTo(new FileSystemRecord { Id = 7, Name = "fs", Pool = 1 }));
    }

    private static Codec Of<T>(T sample, JsonTypeInfo<T> type, Func<T, object> use)
        where T : class => new(
            typeof(T).Name,
            CoordinationJson.Write(sample, type).ToArray(),
            bytes =>
            {
                var read = CoordinationJson.Read("key", bytes, type);
                if (!read.IsOk)
                {
                    Assert.That(read.Fault.Code, Is.EqualTo("bad-record"));
                    Assert.That(read.Fault.Message, Does.Contain("'key'"));
                    return null;
                }

                use(read.Value);
                return CoordinationJson.Write(read.Value, type).ToArray();
            });

    // Recode: the document written anew from what was read; null when it was refused.
    private sealed record Codec(string Name, byte[] Document, Func<byte[], byte[]?> Recode);
}
