using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Quotas of directories.</summary>
public sealed class FileQuotaTests
{
    private const long Block = 4096;
    private const long CommitNs = 1_000_000;

    [Test]
    public void A_quota_counts_all_below_its_directory()
    {
        using var rig = new FileRig();
        var tree = rig.Folder(rig.Top, "tree");
        var outside = rig.File(rig.Top, "outside");
        Assert.That(Set(rig, tree, 100 * Block, 50), Is.EqualTo(NfsStatus.Ok));
        Expect(rig, tree, 1, 1);
        var directory = rig.Folder(tree, "d");
        var file = rig.File(directory, "f");
        Expect(rig, tree, 2, 3);
        rig.Write(file, 0, 10_000);
        rig.Write(outside, 0, 10_000);
        Expect(rig, tree, 5, 3);
        rig.Write(file, 0, 10_000);
        rig.SetLength(file, 1 << 30);
        Expect(rig, tree, 5, 3);
        rig.SetLength(file, 5000);
        Expect(rig, tree, 4, 3);
        rig.Create(directory, "f", CreateMode.Unchecked, new SetAttributes { Length = 0 });
        Expect(rig, tree, 2, 3);
        rig.Write(file, 0, 1);
        rig.MakeLink(directory, "l", "x");
        rig.Link(file, tree, "second");
        Expect(rig, tree, 3, 4);
        rig.Remove(directory, "f");
        Expect(rig, tree, 3, 4);
        rig.Restart();
        rig.Remove(tree, "second");
        Expect(rig, tree, 2, 3);
        rig.Write(file, 0, 100_000);
        Expect(rig, tree, 2, 3);
        rig.Pass(70 * FileRig.Second);
        Expect(rig, tree, 2, 3);
        Assert.That(rig.Exists(file), Is.False);
        rig.Remove(directory, "l");
        rig.RemoveDirectory(tree, "d");
        Expect(rig, tree, 1, 1);
    }

    [Test]
    public void More_than_the_quota_is_refused_and_changes_nothing()
    {
        using var rig = new FileRig();
        var tree = rig.Folder(rig.Top, "tree");
        Set(rig, tree, 3 * Block, 0);
        var file = rig.File(tree, "f");
        Assert.That(rig.Write(file, 0, 2 * (int)Block).Status, Is.EqualTo(NfsStatus.Ok));
        var before = (rig.Attributes(file), rig.Attributes(tree));
        var refused = rig.Write(file, 2 * Block, 1);
        Assert.That((refused.Status, refused.After), Is.EqualTo((NfsStatus.QuotaExceeded, (Nfs.FileAttributes?)before.Item1)));
        Assert.That(rig.MakeDirectory(tree, "d").Status, Is.EqualTo(NfsStatus.QuotaExceeded));
        Assert.That((rig.Attributes(file), rig.Attributes(tree)), Is.EqualTo(before));
        Assert.That(rig.Names(tree), Is.EqualTo(new[] { "f" }));
        Expect(rig, tree, 3, 2);
        Assert.That(rig.Write(file, 0, 2 * (int)Block).Status, Is.EqualTo(NfsStatus.Ok), "what is there is written again");
        Assert.That(rig.Create(tree, "g").Status, Is.EqualTo(NfsStatus.Ok), "a file takes nothing while it is empty");
        Assert.That(rig.SetLength(file, 1 << 30).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.SetLength(file, 0).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.MakeDirectory(tree, "d").Status, Is.EqualTo(NfsStatus.Ok));
        Set(rig, tree, 1, 0);
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.QuotaExceeded));
        Assert.That(rig.RemoveDirectory(tree, "d").Status, Is.EqualTo(NfsStatus.Ok), "less is always allowed");
        Set(rig, tree, 0, 3);
        Assert.That(rig.Write(file, 0, 1 << 20).Status, Is.EqualTo(NfsStatus.Ok));
        var (another, directory) = (rig.Create(tree, "x"), rig.MakeDirectory(tree, "x"));
        var (link, pipe) = (rig.MakeLink(tree, "x", "y"), rig.MakeNode(tree, "x", FileType.Pipe));
        foreach (var reply in new[] { another, directory, link, pipe })
            Assert.That(reply.Status, Is.EqualTo(NfsStatus.QuotaExceeded));
        rig.Remove(tree, "g");
        Assert.That(rig.Create(tree, "x").Status, Is.EqualTo(NfsStatus.Ok), "what was removed counts no more at once");
    }

    [Test]
    public void Nothing_goes_from_one_tree_to_another()
    {
        using var rig = new FileRig();
        var first = rig.Folder(rig.Top, "first");
        var second = rig.Folder(rig.Top, "second");
        Set(rig, first, 0, 0);
        Set(rig, second, 0, 0);
        var file = rig.File(first, "f");
        var below = rig.Folder(first, "d");
        rig.File(rig.Top, "o");
        foreach (var target in new[] { second, rig.Top })
        {
            Assert.That(rig.Rename(first, "f", target, "x").Status, Is.EqualTo(NfsStatus.CrossDevice));
            Assert.That(rig.Rename(first, "d", target, "x").Status, Is.EqualTo(NfsStatus.CrossDevice));
            Assert.That(rig.Link(file, target, "x").Status, Is.EqualTo(NfsStatus.CrossDevice));
        }

        Assert.That(rig.Rename(rig.Top, "o", first, "x").Status, Is.EqualTo(NfsStatus.CrossDevice));
        Assert.That(rig.Rename(rig.Top, "second", first, "x").Status, Is.EqualTo(NfsStatus.CrossDevice), "a tree in a tree");
        Assert.That(rig.Rename(first, "f", below, "x").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Rename(rig.Top, "first", rig.Folder(rig.Top, "plain"), "moved").Status, Is.EqualTo(NfsStatus.Ok), "a tree as a whole");
        Expect(rig, first, 2, 3);
    }

    [Test]
    public void Who_can_have_a_quota()
    {
        using var rig = new FileRig();
        var tree = rig.Folder(rig.Top, "tree");
        Assert.That(Set(rig, tree, -1, 0), Is.EqualTo(NfsStatus.Invalid));
        Assert.That(Set(rig, tree with { Inode = 99 }, 1, 0), Is.EqualTo(NfsStatus.Stale));
        Assert.That(Set(rig, rig.File(rig.Top, "f"), 1, 0), Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(Set(rig, tree, 1 << 20, 0), Is.EqualTo(NfsStatus.Ok));
        var below = rig.Folder(tree, "d");
        Assert.That(Set(rig, below, 1, 0), Is.EqualTo(NfsStatus.CrossDevice));
        Assert.That(Set(rig, tree, 1 << 21, 7), Is.EqualTo(NfsStatus.Ok), "it is changed though there are entries");
        Assert.That(List(rig), Is.EqualTo(new[] { new DirectoryQuota(tree.Inode, 1 << 21, 7, 2 * Block, 2) }));
        rig.RemoveDirectory(tree, "d");
        rig.RemoveDirectory(rig.Top, "tree");
        Assert.That(List(rig), Is.Empty);
    }

    [Test]
    public void A_directory_that_is_replaced_takes_its_quota_with_it()
    {
        using var rig = new FileRig();
        var tree = rig.Folder(rig.Top, "tree");
        Set(rig, tree, 5, 5);
        rig.Folder(rig.Top, "d");
        Assert.That(rig.Rename(rig.Top, "d", rig.Top, "tree").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(List(rig), Is.Empty);
    }

    [Test]
    public void All_quotas_are_listed()
    {
        using var rig = new FileRig();
        var trees = Enumerable.Range(0, 600).Select(i => rig.Folder(rig.Top, $"t{i}")).ToList();
        rig.Store.RunsThatDoNotCount = 2;
        trees.ForEach(tree => Set(rig, tree, 1 << 20, 0));
        Assert.That(List(rig).Select(quota => quota.Directory), Is.EqualTo(trees.Select(tree => tree.Inode)));
    }

    [Test]
    public void Room_is_what_the_quota_leaves()
    {
        using var rig = new FileRig();
        rig.Data.Room = (1 << 30, 1 << 29);
        var tree = rig.Folder(rig.Top, "tree");
        Set(rig, tree, 100 * Block, 10);
        var file = rig.File(tree, "f");
        rig.Write(file, 0, (int)Block);
        Assert.That(rig.Status(file).Numbers, Is.EqualTo(new ulong[] { 100 * 4096, 98 * 4096, 98 * 4096, 10, 8, 8, 0 }));
        Set(rig, tree, 1, 1);
        Assert.That(rig.Status(tree).Numbers, Is.EqualTo(new ulong[] { 1, 0, 0, 2, 0, 0, 0 }), "more is used than the quota allows now");
        Set(rig, tree, 1L << 40, 0);
        Assert.That(rig.Status(tree).Numbers.Take(3), Is.EqualTo(new ulong[] { 1 << 30, 1 << 29, 1 << 29 }), "the pool has less");
        Assert.That(rig.Status(rig.Top).Numbers[0], Is.EqualTo(1UL << 30));
    }

    [TestCase(1u)]
    [TestCase(2u)]
    public void What_is_counted_is_what_there_is(ulong seed)
    {
        using var rig = new FileRig(seed);
        var random = new SeededRandom(seed);
        var directories = new List<FileHandle> { rig.Top, rig.Folder(rig.Top, "t1"), rig.Folder(rig.Top, "t2") };
        Set(rig, directories[1], 40 * Block, 0);
        Set(rig, directories[2], 0, 12);
        rig.Store.Random = random;
        for (var step = 0; step < 1500; step++)
        {
            rig.Store.RunsThatDoNotCount = random.Next(3);
            var directory = directories[random.Next(directories.Count)];
            var (name, other) = ($"n{random.Next(5)}", $"n{random.Next(5)}");
            var found = rig.Lookup(directory, name);
            var file = found.Status == NfsStatus.Ok ? found.Handle!.Value : directory;
            var reply = random.Next(9) switch
            {
                0 => rig.Create(directory, name, (CreateMode)random.Next(3), new SetAttributes { Length = 0 }, 5),
                1 => rig.MakeDirectory(directory, name),
                2 => rig.MakeLink(directory, name, "x"),
                3 => rig.Remove(directory, name),
                4 => rig.RemoveDirectory(directory, name),
                5 => rig.Rename(directory, name, directories[random.Next(directories.Count)], other),
                6 => rig.Link(file, directories[random.Next(directories.Count)], other),
                7 => rig.Write(file, random.Next(50_000), random.Next(20_000)),
                _ => rig.SetLength(file, random.Next(50_000)),
            };
            if (reply is { Status: NfsStatus.Ok, Handle: { } made } && reply.Attributes is { Type: FileType.Directory } && directories.Count < 10)
                directories.Add(made);
            if (step % 10 == 0)
                CheckCounts(rig);
        }
    }

    [TestCase(1u)]
    [TestCase(2u)]
    public void What_was_there_before_is_counted_while_it_changes(ulong seed)
    {
        using var rig = new FileRig(seed);
        var random = new SeededRandom(seed);
        var tree = rig.Folder(rig.Top, "tree");
        var directories = new List<FileHandle> { tree };
        for (var made = 0; made < 20; made++)
            directories.Add(rig.Folder(directories[random.Next(directories.Count)], $"d{made}"));
        for (var made = 0; made < 300; made++)
            rig.Write(rig.File(directories[random.Next(directories.Count)], $"f{made}"), 0, random.Next(20_000));
        rig.Store.CommitNs = CommitNs;
        Assert.That(Set(rig, tree, 0, 0), Is.EqualTo(NfsStatus.Ok));
        Assert.That(List(rig).Single().State, Is.EqualTo(QuotaState.Counting));
        Assert.That(Remove(rig, tree), Is.EqualTo(NfsStatus.TryLater));
        ChangeMuch(rig, random, directories);
        Settle(rig);
        Assert.That(List(rig).Single().State, Is.EqualTo(QuotaState.Whole));
        Assert.That(List(rig).Single().UsedFiles, Is.EqualTo(Below(rig, tree)));
        CheckCounts(rig);
        Assert.That(Remove(rig, tree), Is.EqualTo(NfsStatus.Ok));
        Assert.That(Set(rig, tree, 0, 0), Is.EqualTo(NfsStatus.TryLater));
        ChangeMuch(rig, random, directories);
        Settle(rig);
        Assert.That(List(rig), Is.Empty);
        Assert.That(Inodes(rig).All(record => record.QuotaTree == 0));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Counting_goes_on_with_the_next_owner(bool isGoing)
    {
        using var rig = new FileRig();
        var tree = rig.Folder(rig.Top, "tree");
        var below = rig.Folder(tree, "d");
        for (var made = 0; made < 500; made++)
            rig.File(below, $"f{made}");
        rig.Store.CommitNs = CommitNs;
        if (isGoing)
        {
            Set(rig, tree, 0, 0);
            Settle(rig);
            Assert.That(Remove(rig, tree), Is.EqualTo(NfsStatus.Ok));
        }
        else
        {
            Set(rig, tree, 0, 0);
        }

        Assert.That(List(rig).Single().State, Is.Not.EqualTo(QuotaState.Whole));
        rig.Restart();
        Settle(rig);
        if (isGoing)
            Assert.That(List(rig), Is.Empty);
        else
            Assert.That(List(rig).Single(), Is.EqualTo(new DirectoryQuota(tree.Inode, 0, 0, 2 * Block, 502)));
        Assert.That(Inodes(rig).Count(record => record.QuotaTree != 0), Is.EqualTo(isGoing ? 0 : 502));
    }

    [Test]
    public void A_tree_in_a_tree_that_comes_later_counts_for_itself()
    {
        using var rig = new FileRig();
        var outer = rig.Folder(rig.Top, "outer");
        var inner = rig.Folder(outer, "inner");
        rig.File(inner, "f");
        rig.File(outer, "g");
        Set(rig, inner, 0, 0);
        Settle(rig);
        Set(rig, outer, 0, 0);
        Settle(rig);
        Expect(rig, inner, 1, 2);
        Expect(rig, outer, 1, 2);
        Assert.That(Remove(rig, inner), Is.EqualTo(NfsStatus.Ok));
        Settle(rig);
        Expect(rig, outer, 2, 4);
    }

    private static void ChangeMuch(FileRig rig, SeededRandom random, List<FileHandle> directories)
    {
        for (var step = 0; step < 300; step++)
        {
            var (source, target) = (directories[random.Next(directories.Count)], directories[random.Next(directories.Count)]);
            var name = $"{"fd"[random.Next(2)]}{random.Next(20)}";
            switch (random.Next(4))
            {
                case 0:
                    rig.Create(source, name);
                    break;
                case 1:
                    rig.Remove(source, name);
                    break;
                case 2:
                    rig.Rename(source, name, target, name);
                    break;
                default:
                    rig.Rename(source, name, rig.Top, name);
                    break;
            }
        }
    }

    private static void Settle(FileRig rig) => rig.Pass(FileRig.Second);

    private static long Below(FileRig rig, FileHandle top)
    {
        var directories = new Stack<ulong>([top.Inode]);
        var seen = new HashSet<ulong>([top.Inode]);
        while (directories.TryPop(out var directory))
        {
            foreach (var key in rig.Store.Keys.Where(key => key == Keys.Entry(directory, key.Low)))
            {
                EntryRecord.TryParse(rig.Store.Get(key), out var inode, out _);
                InodeRecord.TryParse(rig.Store.Get(Keys.Inode(inode)), out var record);
                if (seen.Add(inode) && record.IsDirectory)
                    directories.Push(inode);
            }
        }

        return seen.Count;
    }

    private static List<InodeRecord> Inodes(FileRig rig) => [.. rig.Store.Keys.Where(key => (key.High & 0xFF) == 0 && key.High != 0).Select(key =>
    {
        InodeRecord.TryParse(rig.Store.Get(key), out var record);
        return record;
    })];

    private static void CheckCounts(FileRig rig)
    {
        var inodes = Inodes(rig);
        foreach (var quota in List(rig))
        {
            var own = inodes.Where(record => record.QuotaTree == quota.Directory).ToList();
            Assert.That((quota.UsedBytes, quota.UsedFiles), Is.EqualTo((own.Sum(record => record.UsedBytes), (long)own.Count)));
            Assert.That(quota.LimitBytes == 0 || quota.UsedBytes <= quota.LimitBytes);
            Assert.That(quota.LimitFiles == 0 || quota.UsedFiles <= quota.LimitFiles);
        }
    }

    private static NfsStatus Set(FileRig rig, FileHandle directory, long bytes, long files)
    {
        var (status, answer) = rig.World.Run(rig.Reactor, () => rig.Service.SetQuotaAsync(directory.Inode, bytes, files));
        Assert.That(status, Is.EqualTo(RecordStatus.Ok));
        return answer;
    }

    private static NfsStatus Remove(FileRig rig, FileHandle directory)
    {
        var (status, answer) = rig.World.Run(rig.Reactor, () => rig.Service.RemoveQuotaAsync(directory.Inode));
        Assert.That(status, Is.EqualTo(RecordStatus.Ok));
        return answer;
    }

    private static List<DirectoryQuota> List(FileRig rig)
    {
        var quotas = new List<DirectoryQuota>();
        Assert.That(rig.World.Run(rig.Reactor, () => rig.Service.ListQuotasAsync(quotas)), Is.EqualTo(RecordStatus.Ok));
        return quotas;
    }

    private static void Expect(FileRig rig, FileHandle tree, long blocks, long files)
    {
        var quota = List(rig).Single(one => one.Directory == tree.Inode);
        Assert.That((quota.UsedBytes, quota.UsedFiles), Is.EqualTo((blocks * Block, files)));
    }
}
