using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>What a check finds in the records of a file system.</summary>
public sealed class RecordCheckTests
{
    [TestCase(1u)]
    [TestCase(2u)]
    [TestCase(3u)]
    public void A_file_system_in_use_is_sound(ulong seed)
    {
        using var rig = new FileRig(seed);
        var random = new SeededRandom(seed);
        Fill(rig, random);
        Assert.That(Check(rig), Is.Empty);
        rig.Pass(70 * FileRig.Second);
        Assert.That(Check(rig), Is.Empty, "orphans are gone");
    }

    [Test]
    public void Whatever_record_is_lost_is_missed()
    {
        using var rig = new FileRig();
        Fill(rig, new SeededRandom(5));
        foreach (var key in rig.Store.Keys.Where(Matters).ToList())
        {
            var value = rig.Store.Get(key)!;
            rig.Store.Delete(key);
            Assert.That(Check(rig), Is.Not.Empty, $"{key}");
            rig.Store.Put(key, value);
        }

        Assert.That(Check(rig), Is.Empty);
    }

    [Test]
    public void Findings_name_what_is_wrong()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        var file = rig.File(directory, "f");
        var other = rig.Folder(rig.Top, "e");
        Find(rig, file, record => record with { Links = 3 }, $"Inode {file.Inode} says that it has 3 links, and 1 names lead to it.");
        Find(rig, directory, record => record with { Links = 3 }, $"Directory {directory.Inode} says that it has 3 links, and 0 directories are in it.");
        Find(rig, directory, record => record with { Parent = other.Inode }, $"Directory {directory.Inode} lies elsewhere than it says.");
        Find(rig, directory, record => record with { Type = FileType.Pipe, Links = 1 }, $"Inode {directory.Inode} is no directory and has entries.");
        Find(rig, file, record => record with { QuotaTree = 77 }, "1 files count for a quota of directory 77, which has none.");
    }

    [Test]
    public void Inodes_of_other_ranges_are_left_for_other_times()
    {
        using var rig = new FileRig();
        Fill(rig, new SeededRandom(6));
        Assert.That(Check(rig, RecordCheck.RangeInodes), Is.Empty);
    }

    private static void Fill(FileRig rig, SeededRandom random)
    {
        var directories = new List<FileHandle> { rig.Top, rig.Folder(rig.Top, "q") };
        rig.World.Run(rig.Reactor, () => rig.Service.SetQuotaAsync(directories[1].Inode, 1 << 30, 0));
        for (var step = 0; step < 400; step++)
        {
            var (source, target) = (directories[random.Next(directories.Count)], directories[random.Next(directories.Count)]);
            var (name, other) = ($"n{random.Next(12)}", $"n{random.Next(12)}");
            var found = rig.Lookup(source, name);
            var file = found.Status == NfsStatus.Ok ? found.Handle!.Value : source;
            var reply = random.Next(8) switch
            {
                0 => rig.Create(source, name),
                1 => rig.MakeDirectory(source, name),
                2 => rig.MakeLink(source, name, "x"),
                3 => rig.Remove(source, name),
                4 => rig.RemoveDirectory(source, name),
                5 => rig.Rename(source, name, target, other),
                6 => rig.Link(file, target, other),
                _ => rig.Write(file, random.Next(50_000), random.Next(20_000)),
            };
            if (reply is { Status: NfsStatus.Ok, Handle: { } made, Attributes.Type: FileType.Directory })
                directories.Add(made);
        }
    }

    private static bool Matters(RecordKey key) =>
        key == Keys.Counters || key == Keys.Quota(key.Low) || key == Keys.Orphan(key.Low)
        || (Keys.InodeOf(key) != 0 && (key == Keys.Inode(Keys.InodeOf(key)) || key == Keys.Entry(Keys.InodeOf(key), key.Low)));

    private static void Find(FileRig rig, FileHandle handle, Func<InodeRecord, InodeRecord> change, string finding)
    {
        var before = rig.Store.Get(Keys.Inode(handle.Inode))!;
        rig.Poke(handle, change);
        Assert.That(Check(rig), Has.Member(finding));
        rig.Store.Put(Keys.Inode(handle.Inode), before);
    }

    private static IReadOnlyList<string> Check(FileRig rig, ulong first = 0)
    {
        var check = new RecordCheck(first, () => false);
        foreach (var key in rig.Store.Keys)
            check.Visit(key, rig.Store.Get(key));
        check.Finish();
        Assert.That(check.Count, Is.EqualTo(check.Findings.Count));
        return check.Findings;
    }
}
