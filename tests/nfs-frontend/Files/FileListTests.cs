using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>READDIR and READDIRPLUS (RFC 1813, 3.3.16, 3.3.17).</summary>
public sealed class FileListTests
{
    // Status, attributes, verifier; no entry follows, end.
    private const int FrameBytes = 4 + 88 + 8 + 8;

    [Test]
    public void An_empty_directory_lists_itself_and_the_one_above()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        var reply = rig.List(directory);
        Assert.That(reply.Entries.Select(entry => (FileRig.Text(entry.Name), entry.Inode)), Is.EqualTo(new[] { (".", directory.Inode), ("..", 1UL) }));
        Assert.That((reply.IsEnd, reply.Attributes), Is.EqualTo((true, (Nfs.FileAttributes?)rig.Attributes(directory))));
        var plus = rig.ListPlus(directory);
        Assert.That(plus.Entries.Select(entry => entry.Handle), Is.EqualTo(new FileHandle?[] { directory, rig.Top }));
        Assert.That(
            plus.Entries.Select(entry => entry.Attributes),
            Is.EqualTo(new Nfs.FileAttributes?[] { rig.Attributes(directory), rig.Attributes(rig.Top) }));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void As_much_comes_as_there_is_room_for_and_not_a_byte_more(bool isPlus)
    {
        using var rig = new FileRig();
        for (var i = 0; i < 30; i++)
            rig.File(rig.Top, new string('n', 1 + (i * 8)));
        FileReply List(ulong cookie, uint count) => isPlus ? rig.ListPlus(rig.Top, cookie, count: count) : rig.List(rig.Top, cookie, count);
        var all = List(0, 60_000);
        Assert.That((all.Entries.Count, all.IsEnd), Is.EqualTo((32, true)));
        Assert.That(List(0, (uint)all.Bytes.Length).IsEnd);
        var less = List(0, (uint)all.Bytes.Length - 1);
        Assert.That((less.Entries.Count, less.IsEnd), Is.EqualTo((31, false)));
        for (var count = 0u; count < 3000; count += 7)
        {
            var reply = List(0, count);
            var entries = reply.Entries.Count;
            var needed = FrameBytes + all.Entries.Take(entries + 1).Sum(entry => Bytes(entry, isPlus));
            if (reply.Status == NfsStatus.TooSmall)
            {
                Assert.That(count, Is.LessThan(needed));
                continue;
            }

            Assert.That(reply.Bytes.Length, Is.LessThanOrEqualTo(count));
            Assert.That(needed, Is.GreaterThan(count), "one more would not have had room");
            Assert.That(reply.IsEnd, Is.False);
        }
    }

    [Test]
    public void Room_for_nothing_is_too_small()
    {
        using var rig = new FileRig();
        Assert.That(rig.List(rig.Top, 0, 0).Status, Is.EqualTo(NfsStatus.TooSmall));
        Assert.That(rig.List(rig.Top, 0, FrameBytes + 27).Status, Is.EqualTo(NfsStatus.TooSmall));
        Assert.That(rig.List(rig.Top, 0, FrameBytes + 28).Entries, Has.Count.EqualTo(1));
        Assert.That(rig.List(rig.Top, NameHash.ParentCookie, FrameBytes - 1).Status, Is.EqualTo(NfsStatus.TooSmall), "not even the end");
        var end = rig.List(rig.Top, NameHash.ParentCookie, FrameBytes);
        Assert.That((end.Status, end.Entries.Count, end.IsEnd), Is.EqualTo((NfsStatus.Ok, 0, true)));
        Assert.That(rig.ListPlus(rig.Top, count: 200).Status, Is.EqualTo(NfsStatus.TooSmall));
    }

    [Test]
    public void Any_count_is_answered_within_the_room_that_there_is()
    {
        using var rig = new FileRig();
        for (var i = 0; i < 600; i++)
            rig.File(rig.Top, $"{i:D3}{new string('x', 252)}");
        foreach (var count in new uint[] { 65_536u, int.MaxValue, 1u << 31, uint.MaxValue })
        {
            Assert.That(rig.List(rig.Top, 0, count).Entries, Has.Count.GreaterThan(150));
            Assert.That(rig.ListPlus(rig.Top, 0, uint.MaxValue, count).Entries, Has.Count.GreaterThan(100));
        }

        Assert.That(rig.Names(rig.Top, 4096), Is.Unique.And.Count.EqualTo(600));
    }

    [Test]
    public void Names_alone_may_be_bounded_too()
    {
        using var rig = new FileRig();
        for (var i = 0; i < 50; i++)
            rig.File(rig.Top, $"name{i:D4}");
        Assert.That(rig.ListPlus(rig.Top, NameHash.ParentCookie, 10 * 28).Entries, Has.Count.EqualTo(10));
        Assert.That(rig.ListPlus(rig.Top, NameHash.ParentCookie, (10 * 28) - 1).Entries, Has.Count.EqualTo(9));
        Assert.That(rig.ListPlus(rig.Top, 0, 0).Entries, Has.Count.EqualTo(1), "who says so gets on nevertheless");
    }

    [Test]
    public void A_cookie_that_nobody_gave()
    {
        using var rig = new FileRig();
        rig.File(rig.Top, "f");
        Assert.That(rig.List(rig.Top, ulong.MaxValue).Status, Is.EqualTo(NfsStatus.BadCookie));
        Assert.That(rig.ListPlus(rig.Top, 1UL << 63).Status, Is.EqualTo(NfsStatus.BadCookie));
        Assert.That(rig.List(rig.Top, long.MaxValue).IsEnd);
        Assert.That(rig.List(rig.Top, 77).Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public void Who_may_list()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var readable = rig.Folder(rig.Top, "r", 0x1C4);
        var searchable = rig.Folder(rig.Top, "s", 0x1C1);
        var file = rig.File(readable, "f");
        rig.Caller = FileRig.Bob;
        Assert.That(rig.List(searchable).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.ListPlus(searchable).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Names(readable), Is.EqualTo(new[] { "f" }));
        var plus = rig.ListPlus(readable);
        Assert.That(plus.Entries, Has.Count.EqualTo(3));
        Assert.That(plus.Entries.Select(entry => (entry.Handle, entry.Attributes)), Is.All.EqualTo(((FileHandle?)null, (Nfs.FileAttributes?)null)),
            "who cannot look names up gets no handle this way either");
        Assert.That(rig.List(file).Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.ListPlus(file).Status, Is.EqualTo(NfsStatus.NotDirectory));
    }

    [TestCase(false, 3u)]
    [TestCase(true, 4u)]
    public void What_stays_appears_exactly_once_while_others_come_and_go(bool isPlus, ulong seed)
    {
        var random = new SeededRandom(seed);
        for (var round = 0; round < 10; round++)
        {
            using var rig = new FileRig(seed + (ulong)round);
            var kept = Enumerable.Range(0, 60).Select(i => $"kept{i}").ToList();
            kept.ForEach(name => rig.File(rig.Top, name));
            var others = new HashSet<string>(Enumerable.Range(0, 30).Select(i => $"other{i}"));
            foreach (var name in others)
                rig.File(rig.Top, name);
            var seen = new List<string>();
            var cookie = 0UL;
            FileReply reply;
            do
            {
                var count = (uint)random.Next(900) + 500;
                reply = isPlus ? rig.ListPlus(rig.Top, cookie, count: count) : rig.List(rig.Top, cookie, count);
                Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
                seen.AddRange(reply.Entries.Select(entry => FileRig.Text(entry.Name)));
                cookie = reply.Entries.Count > 0 ? reply.Entries[^1].Cookie : cookie;
                for (var change = 0; change < 6; change++)
                {
                    var name = $"other{random.Next(60)}";
                    if (others.Remove(name))
                        rig.Remove(rig.Top, name);
                    else if (others.Add(name))
                        rig.File(rig.Top, name);
                }

                if (random.Chance(0.2))
                    rig.Restart();
            }
            while (!reply.IsEnd);
            Assert.That(seen, Is.Unique);
            Assert.That(kept, Is.SubsetOf(seen));
        }
    }

    [Test]
    public void The_entry_that_the_cookie_names_may_be_gone()
    {
        using var rig = new FileRig();
        for (var i = 0; i < 20; i++)
            rig.File(rig.Top, $"f{i}");
        var first = rig.List(rig.Top, 0, 500);
        var rest = rig.List(rig.Top, first.Entries[^1].Cookie).Entries.Select(entry => FileRig.Text(entry.Name)).ToList();
        foreach (var entry in first.Entries.Skip(2))
            rig.Remove(rig.Top, FileRig.Text(entry.Name));
        Assert.That(rig.List(rig.Top, first.Entries[^1].Cookie).Entries.Select(entry => FileRig.Text(entry.Name)), Is.EqualTo(rest));
    }

    [Test]
    public void Attributes_and_handles_are_those_of_the_files()
    {
        using var rig = new FileRig();
        rig.File(rig.Top, "f", 0x180);
        rig.Folder(rig.Top, "d");
        rig.MakeLink(rig.Top, "l", "x");
        foreach (var entry in rig.ListPlus(rig.Top).Entries)
        {
            var found = rig.Lookup(rig.Top, FileRig.Text(entry.Name));
            Assert.That((entry.Handle, entry.Attributes, entry.Inode), Is.EqualTo((found.Handle, found.Attributes, found.Handle!.Value.Inode)));
        }
    }

    private static int Bytes(ListEntry entry, bool isPlus) => 4 + 8 + 4 + ((entry.Name.Length + 3) & ~3) + 8 + (isPlus ? 88 + 4 + 4 + 32 : 0);
}
