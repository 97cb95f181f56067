using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>GETATTR, SETATTR and ACCESS (RFC 1813, 3.3.1, 3.3.2, 3.3.4).</summary>
public sealed class FileAttributesTests
{
    [Test]
    public void The_uppermost_directory_is_there()
    {
        using var rig = new FileRig();
        var attributes = rig.Attributes(rig.Top);
        Assert.That(attributes.Type, Is.EqualTo(FileType.Directory));
        Assert.That((attributes.Mode, attributes.Links, attributes.UserId, attributes.GroupId), Is.EqualTo((0x1FFu, 2u, 0u, 0u)));
        Assert.That((attributes.FileSystemId, attributes.Inode), Is.EqualTo(((ulong)FileRig.FileSystem, 1UL)));
        Assert.That(rig.Lookup(rig.Top, "..").Attributes, Is.EqualTo(attributes));
    }

    [Test]
    public void What_a_handle_named_is_gone()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        FileHandle[] stale =
        [
            file with { Generation = file.Generation + 1 }, file with { Inode = 77 }, file with { Inode = 0 }, file with { Snapshot = 1 },
        ];
        foreach (var handle in stale)
        {
            FileReply[] replies =
            [
                rig.GetAttributes(handle), rig.SetAttributes(handle, default), rig.Lookup(handle, "a"), rig.Access(handle), rig.ReadLink(handle),
                rig.Read(handle, 0, 1), rig.Write(handle, 0, 1), rig.Create(handle, "a"), rig.MakeDirectory(handle, "a"), rig.MakeLink(handle, "a", "b"),
                rig.MakeNode(handle, "a", FileType.Pipe), rig.Remove(handle, "a"), rig.RemoveDirectory(handle, "a"), rig.Rename(handle, "a", rig.Top, "b"),
                rig.Rename(rig.Top, "f", handle, "b"), rig.Link(handle, rig.Top, "b"), rig.Link(file, handle, "b"), rig.List(handle), rig.ListPlus(handle),
                rig.Status(handle), rig.Information(handle), rig.Configuration(handle), rig.Commit(handle),
            ];
            foreach (var reply in replies)
            {
                Assert.That(reply.Status, Is.EqualTo(NfsStatus.Stale));
                Assert.That(reply.Attributes ?? reply.Directory ?? reply.After ?? reply.OtherAfter, Is.Null, "attributes of another file");
            }
        }

        Assert.That(rig.Names(rig.Top), Is.EqualTo(new[] { "f" }));
    }

    [Test]
    public void All_attributes_can_be_set_at_once()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        var reply = rig.SetAttributes(file, new SetAttributes
        {
            Mode = 0xFFFF_F9A4,
            UserId = 5,
            GroupId = 6,
            Length = 12345,
            AccessedChange = TimeChange.Given,
            Accessed = new NfsTime(uint.MaxValue, 999_999_999),
            ModifiedChange = TimeChange.Given,
            Modified = new NfsTime(0, 1),
        });
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(reply.Before, Is.EqualTo((before.Length, before.Modified, before.Changed)));
        var after = rig.Attributes(file);
        Assert.That(reply.After, Is.EqualTo(after));
        Assert.That((after.Mode, after.UserId, after.GroupId, after.Length), Is.EqualTo((0x9A4u, 5u, 6u, 12345UL)));
        Assert.That((after.Accessed, after.Modified), Is.EqualTo((new NfsTime(uint.MaxValue, 999_999_999), new NfsTime(0, 1))));
        Assert.That(after.Changed, Is.Not.EqualTo(before.Changed));
        rig.SetAttributes(file, new SetAttributes { AccessedChange = TimeChange.Now, ModifiedChange = TimeChange.Now });
        after = rig.Attributes(file);
        Assert.That((after.Accessed, after.Modified), Is.EqualTo((after.Changed, after.Changed)));
    }

    [Test]
    public void Times_that_are_none_are_refused()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        var wrong = new NfsTime(1, 1_000_000_000);
        Assert.That(rig.SetAttributes(file, new SetAttributes { ModifiedChange = TimeChange.Given, Modified = wrong }).Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.SetAttributes(file, new SetAttributes { AccessedChange = TimeChange.Given, Accessed = wrong }).Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.Attributes(file), Is.EqualTo(before));
    }

    [Test]
    public void A_guard_holds_for_the_exact_time_of_the_last_change()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var changed = rig.Attributes(file).Changed;
        var mode = new SetAttributes { Mode = 0x180 };
        Assert.That(rig.SetAttributes(file, mode, changed).Status, Is.EqualTo(NfsStatus.Ok));
        var reply = rig.SetAttributes(file, new SetAttributes { Mode = 0x1FF, Length = 0 }, changed);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.NotSynchronized));
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(0x180));
        Assert.That(reply.After, Is.EqualTo(rig.Attributes(file)));
    }

    [Test]
    public void Setting_nothing_changes_nothing()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f", 0x180);
        var before = rig.Attributes(file);
        rig.Caller = FileRig.Bob;
        Assert.That(rig.SetAttributes(file, default).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file), Is.EqualTo(before), "a stranger may not even touch the time");
    }

    // Who (0 root, 1 owner, 2 in the group, 3 stranger), and what may be done by whom.
    [TestCase("mode", "ok", "ok", "perm", "perm")]
    [TestCase("user", "ok", "perm", "perm", "perm")]
    [TestCase("user as it is", "ok", "ok", "perm", "perm")]
    [TestCase("own group", "ok", "ok", "perm", "perm")]
    [TestCase("other group", "ok", "perm", "perm", "perm")]
    [TestCase("group as it is", "ok", "ok", "perm", "perm")]
    [TestCase("time given", "ok", "ok", "perm", "perm")]
    [TestCase("time now", "ok", "ok", "ok", "access")]
    [TestCase("length", "ok", "ok", "ok", "access")]
    public void Who_may_set_what(string what, params string[] expected)
    {
        Caller[] callers = [FileRig.Root, FileRig.Alice, new Caller(1002, 100), FileRig.Bob];
        var wanted = what switch
        {
            "mode" => new SetAttributes { Mode = 0x1FF },
            "user" => new SetAttributes { UserId = 1001 },
            "user as it is" => new SetAttributes { UserId = 1000 },
            "own group" => new SetAttributes { GroupId = 200 },
            "other group" => new SetAttributes { GroupId = 300 },
            "group as it is" => new SetAttributes { GroupId = 100 },
            "time given" => new SetAttributes { ModifiedChange = TimeChange.Given, Modified = new NfsTime(1, 1) },
            "time now" => new SetAttributes { ModifiedChange = TimeChange.Now },
            _ => new SetAttributes { Length = 1 },
        };
        for (var index = 0; index < callers.Length; index++)
        {
            using var rig = new FileRig();
            rig.Caller = FileRig.Alice;
            var file = rig.File(rig.Top, "f", 0x1B4);
            rig.Caller = callers[index];
            var status = expected[index] switch { "ok" => NfsStatus.Ok, "perm" => NfsStatus.NotOwner, _ => NfsStatus.AccessDenied };
            var before = rig.Attributes(file);
            Assert.That(rig.SetAttributes(file, wanted).Status, Is.EqualTo(status), $"{what} by {index}");
            if (status != NfsStatus.Ok)
                Assert.That(rig.Attributes(file), Is.EqualTo(before));
        }
    }

    [TestCase(0xFEDu, 0x3EDu, 0x3EDu, "both bits go")]
    [TestCase(0xDA4u, 0x5A4u, 0x5A4u, "a group that cannot execute means locks, not a program")]
    public void Programs_do_not_go_on_as_somebody_else(uint mode, uint afterOwner, uint afterWrite, string why)
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f");
        rig.SetAttributes(file, new SetAttributes { Mode = mode });
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(mode));
        rig.SetAttributes(file, new SetAttributes { GroupId = 200 });
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(afterOwner), why);
        rig.SetAttributes(file, new SetAttributes { Mode = mode });
        rig.Write(file, 0, 1);
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(afterWrite), why);
        rig.SetAttributes(file, new SetAttributes { Mode = mode });
        rig.SetLength(file, 100);
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(afterWrite), why);
    }

    [Test]
    public void A_program_cannot_be_made_to_run_as_a_foreign_group()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.SetAttributes(file, new SetAttributes { UserId = 1000, GroupId = 300 });
        rig.Caller = FileRig.Alice;
        rig.SetAttributes(file, new SetAttributes { Mode = 0xDED });
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(0x9ED));
    }

    [Test]
    public void Only_files_have_a_length_to_set()
    {
        using var rig = new FileRig();
        var length = new SetAttributes { Length = 1 };
        Assert.That(rig.SetAttributes(rig.Top, length).Status, Is.EqualTo(NfsStatus.IsDirectory));
        var link = FileCalls.Made(rig.MakeLink(rig.Top, "l", "x"));
        Assert.That(rig.SetAttributes(link, length).Status, Is.EqualTo(NfsStatus.Invalid));
        var file = rig.File(rig.Top, "f");
        Assert.That(rig.SetAttributes(file, new SetAttributes { Length = 16UL << 40 }).Status, Is.EqualTo(NfsStatus.Ok));
        foreach (var tooLong in new ulong[] { (16UL << 40) + 1, long.MaxValue, 1UL << 63, ulong.MaxValue })
            Assert.That(rig.SetAttributes(file, new SetAttributes { Length = tooLong }).Status, Is.EqualTo(NfsStatus.FileTooLarge));
    }

    [Test]
    public void The_owner_sets_the_length_of_what_may_only_be_read()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f", 0);
        Assert.That(rig.SetLength(file, 5).Status, Is.EqualTo(NfsStatus.Ok), "who opened it before may go on");
    }

    [TestCase("root", 0x000u, 0x0Du, 0x1Fu)]
    [TestCase("root", 0x040u, 0x2Du, 0x1Fu)]
    [TestCase("owner", 0x100u, 0x01u, 0x01u)]
    [TestCase("owner", 0x080u, 0x0Cu, 0x0Cu)]
    [TestCase("owner", 0x040u, 0x20u, 0x02u)]
    [TestCase("owner", 0x03Fu, 0x00u, 0x00u)]
    [TestCase("group", 0x020u, 0x01u, 0x01u)]
    [TestCase("group", 0x018u, 0x2Cu, 0x1Eu)]
    [TestCase("group", 0x1C7u, 0x00u, 0x00u)]
    [TestCase("other", 0x004u, 0x01u, 0x01u)]
    [TestCase("other", 0x003u, 0x2Cu, 0x1Eu)]
    [TestCase("other", 0x1F8u, 0x00u, 0x00u)]
    public void Rights_follow_the_permission_bits(string who, uint mode, uint ofFile, uint ofDirectory)
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f", mode);
        var directory = rig.Folder(rig.Top, "d", mode);
        rig.Caller = who switch { "root" => FileRig.Root, "owner" => FileRig.Alice, "group" => new Caller(1003, 5, 6, 100), _ => FileRig.Bob };
        Assert.That(rig.Access(file).Rights, Is.EqualTo(ofFile));
        Assert.That(rig.Access(directory).Rights, Is.EqualTo(ofDirectory));
        Assert.That(rig.Access(file, AccessRights.Modify).Rights, Is.EqualTo(ofFile & 4), "only what was asked about");
        Assert.That(rig.Access(file).Attributes, Is.EqualTo(rig.Attributes(file)));
        rig.IsReadOnly = true;
        Assert.That(rig.Access(file).Rights, Is.EqualTo(ofFile & 0x23));
        Assert.That(rig.Access(directory).Rights, Is.EqualTo(ofDirectory & 0x23));
    }

    [Test]
    public void An_export_to_read_changes_nothing()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var records = rig.Store.Count;
        rig.IsReadOnly = true;
        FileReply[] refused =
        [
            rig.SetAttributes(file, new SetAttributes { Mode = 0 }), rig.Write(file, 0, 1), rig.Create(rig.Top, "a", CreateMode.Unchecked),
            rig.Create(rig.Top, "f", CreateMode.Unchecked, new SetAttributes { Length = 0 }), rig.MakeDirectory(rig.Top, "a"), rig.MakeLink(rig.Top, "a", "b"),
            rig.MakeNode(rig.Top, "a", FileType.Pipe), rig.Remove(rig.Top, "f"), rig.RemoveDirectory(rig.Top, "f"), rig.Rename(rig.Top, "f", rig.Top, "b"),
            rig.Link(file, rig.Top, "b"),
        ];
        Assert.That(refused.Select(reply => reply.Status), Is.All.EqualTo(NfsStatus.ReadOnly));
        Assert.That(rig.Store.Count, Is.EqualTo(records));
        FileReply[] allowed =
        [
            rig.GetAttributes(file), rig.Lookup(rig.Top, "f"), rig.Access(file), rig.Read(file, 0, 1), rig.List(rig.Top), rig.ListPlus(rig.Top),
            rig.Status(file), rig.Information(file), rig.Configuration(file), rig.Commit(file),
        ];
        Assert.That(allowed.Select(reply => reply.Status), Is.All.EqualTo(NfsStatus.Ok));
    }
}
