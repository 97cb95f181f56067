using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>CREATE, MKDIR, SYMLINK and MKNOD (RFC 1813, 3.3.8 to 3.3.11).</summary>
public sealed class FileCreationTests
{
    private static readonly string _tooLong = new('n', 256);

    [TestCase(CreateMode.Unchecked)]
    [TestCase(CreateMode.Guarded)]
    public void A_file_is_made_with_its_attributes(CreateMode mode)
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var before = rig.Attributes(rig.Top);
        var reply = rig.Create(rig.Top, "f", mode, new SetAttributes
        {
            Mode = 0x1A4,
            UserId = 77,
            GroupId = 200,
            Length = 1 << 20,
            ModifiedChange = TimeChange.Given,
            Modified = new NfsTime(5, 6),
        });
        var made = reply.Attributes!.Value;
        Assert.That(reply.Before, Is.EqualTo((before.Length, before.Modified, before.Changed)));
        Assert.That(reply.After, Is.EqualTo(rig.Attributes(rig.Top)));
        Assert.That(reply.After!.Value.Modified, Is.Not.EqualTo(before.Modified));
        Assert.That(rig.Lookup(rig.Top, "f").Attributes, Is.EqualTo(made));
        Assert.That((made.Type, made.Mode, made.Links), Is.EqualTo((FileType.Regular, 0x1A4u, 1u)));
        Assert.That((made.UserId, made.GroupId), Is.EqualTo((1000u, 200u)), "only root makes files of others");
        Assert.That((made.Length, made.Used, made.Modified), Is.EqualTo((1UL << 20, 0UL, new NfsTime(5, 6))));
        Assert.That((made.Accessed, made.Changed), Is.EqualTo((made.Changed, reply.After!.Value.Changed)));
        rig.Caller = FileRig.Root;
        made = rig.Create(rig.Top, "r", mode, new SetAttributes { UserId = 77, GroupId = 88 }).Attributes!.Value;
        Assert.That((made.UserId, made.GroupId), Is.EqualTo((77u, 88u)));
        rig.Caller = FileRig.Alice;
        Assert.That(rig.Create(rig.Top, "x", mode, new SetAttributes { GroupId = 300 }).Attributes!.Value.GroupId, Is.EqualTo(100));
    }

    [Test]
    public void What_is_there_is_taken_or_refused()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Folder(rig.Top, "d");
        rig.MakeLink(rig.Top, "l", "f");
        var before = rig.Attributes(file);
        var taken = rig.Create(rig.Top, "f", CreateMode.Unchecked, new SetAttributes { Mode = 0, UserId = 1 });
        Assert.That((taken.Status, taken.Handle, taken.Attributes), Is.EqualTo((NfsStatus.Ok, (FileHandle?)file, (Nfs.FileAttributes?)before)));
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Guarded).Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 5).Status, Is.EqualTo(NfsStatus.Exists));
        foreach (var name in new[] { "d", "l", ".", ".." })
        {
            foreach (var mode in new[] { CreateMode.Unchecked, CreateMode.Guarded, CreateMode.Exclusive })
                Assert.That(rig.Create(rig.Top, name, mode).Status, Is.EqualTo(NfsStatus.Exists), $"{name} {mode}");
        }

        rig.SetAttributes(file, new SetAttributes { Mode = 0x1A4 });
        rig.Caller = FileRig.Bob;
        before = rig.Attributes(file);
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Unchecked, new SetAttributes { Length = 0 }).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Unchecked, new SetAttributes { Length = ulong.MaxValue }).Status, Is.Not.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file), Is.EqualTo(before));
    }

    [Test]
    public void An_exclusive_creation_that_comes_again_finds_its_file()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var first = rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 0xABCD);
        Assert.That(first.Attributes!.Value.Mode, Is.EqualTo(0x180), "until the attributes are set nobody else gets at it");
        var again = rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 0xABCD);
        Assert.That((again.Status, again.Handle), Is.EqualTo((NfsStatus.Ok, first.Handle)));
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 0xABCE).Status, Is.EqualTo(NfsStatus.Exists));
        rig.Restart();
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 0xABCD).Status, Is.EqualTo(NfsStatus.Ok));
        rig.SetAttributes(first.Handle!.Value, new SetAttributes { Mode = 0x1A4 });
        Assert.That(rig.Create(rig.Top, "f", CreateMode.Exclusive, verifier: 0xABCD).Status, Is.EqualTo(NfsStatus.Exists), "its client has gone on");
        var second = rig.Create(rig.Top, "g", CreateMode.Exclusive, verifier: 0xABCD);
        rig.Write(second.Handle!.Value, 0, 1);
        Assert.That(rig.Create(rig.Top, "g", CreateMode.Exclusive, verifier: 0xABCD).Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Create(rig.Top, "z", CreateMode.Exclusive).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Create(rig.Top, "z", CreateMode.Exclusive).Status, Is.EqualTo(NfsStatus.Exists), "0 is every file's verifier");
    }

    [Test]
    public void A_directory_is_made()
    {
        using var rig = new FileRig();
        var reply = rig.MakeDirectory(rig.Top, "d", new SetAttributes { Mode = 0x1C0, Length = 5 });
        var made = reply.Attributes!.Value;
        Assert.That((made.Type, made.Mode, made.Links, made.Length), Is.EqualTo((FileType.Directory, 0x1C0u, 2u, 4096UL)));
        Assert.That(reply.After!.Value.Links, Is.EqualTo(3));
        Assert.That(rig.Names(reply.Handle!.Value), Is.Empty);
        Assert.That(rig.Lookup(reply.Handle!.Value, "..").Handle, Is.EqualTo(rig.Top));
        foreach (var name in new[] { "d", ".", ".." })
            Assert.That(rig.MakeDirectory(rig.Top, name).Status, Is.EqualTo(NfsStatus.Exists));
    }

    [Test]
    public void A_directory_gives_its_group_on()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        rig.SetAttributes(directory, new SetAttributes { GroupId = 500 });
        rig.SetAttributes(directory, new SetAttributes { Mode = 0x5FF });
        rig.Caller = FileRig.Alice;
        var below = rig.MakeDirectory(directory, "s", new SetAttributes { Mode = 0x1FF });
        Assert.That((below.Attributes!.Value.GroupId, below.Attributes!.Value.Mode), Is.EqualTo((500u, 0x5FFu)), "with the bit that does so");
        var file = rig.Create(below.Handle!.Value, "f", wanted: new SetAttributes { Mode = 0x5ED });
        Assert.That((file.Attributes!.Value.GroupId, file.Attributes!.Value.Mode), Is.EqualTo((500u, 0x1EDu)), "no program of a foreign group");
        rig.Caller = new Caller(1000, 100, 500);
        Assert.That(rig.Create(below.Handle!.Value, "g", wanted: new SetAttributes { Mode = 0x5ED }).Attributes!.Value.Mode, Is.EqualTo(0x5ED));
        Assert.That(rig.Create(rig.Top, "h").Attributes!.Value.GroupId, Is.EqualTo(100));
    }

    [Test]
    public void A_link_holds_a_path()
    {
        using var rig = new FileRig();
        Assert.That(rig.MakeLink(rig.Top, "l", new string('p', 4097)).Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.MakeLink(rig.Top, "l", new string('p', 20_000)).Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.MakeLink(rig.Top, "l", "").Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.Names(rig.Top), Is.Empty);
        var reply = rig.MakeLink(rig.Top, "l", "../some/where");
        Assert.That((reply.Attributes!.Value.Type, reply.Attributes!.Value.Length), Is.EqualTo((FileType.SymbolicLink, 13UL)));
        Assert.That(rig.MakeLink(rig.Top, "l", "x").Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(FileRig.Text(rig.ReadLink(reply.Handle!.Value).Path), Is.EqualTo("../some/where"));
    }

    [TestCase(FileType.Regular, NfsStatus.BadType, NfsStatus.BadType)]
    [TestCase(FileType.Directory, NfsStatus.BadType, NfsStatus.BadType)]
    [TestCase(FileType.SymbolicLink, NfsStatus.BadType, NfsStatus.BadType)]
    [TestCase((FileType)0, NfsStatus.BadType, NfsStatus.BadType)]
    [TestCase((FileType)99, NfsStatus.BadType, NfsStatus.BadType)]
    [TestCase(FileType.Pipe, NfsStatus.Ok, NfsStatus.Ok)]
    [TestCase(FileType.Socket, NfsStatus.Ok, NfsStatus.Ok)]
    [TestCase(FileType.BlockDevice, NfsStatus.Ok, NfsStatus.NotOwner)]
    [TestCase(FileType.CharacterDevice, NfsStatus.Ok, NfsStatus.NotOwner)]
    public void Nodes(FileType type, NfsStatus byRoot, NfsStatus byOthers)
    {
        using var rig = new FileRig();
        var reply = rig.MakeNode(rig.Top, "r", type, new SetAttributes { Mode = 0x1B4 }, (8, 17));
        Assert.That(reply.Status, Is.EqualTo(byRoot));
        if (byRoot == NfsStatus.Ok)
        {
            var isDevice = type is FileType.BlockDevice or FileType.CharacterDevice;
            var made = rig.Attributes(reply.Handle!.Value);
            Assert.That((made.Type, made.Mode, made.Device), Is.EqualTo((type, 0x1B4u, isDevice ? (8u, 17u) : (0u, 0u))));
            Assert.That(rig.MakeNode(rig.Top, "r", type).Status, Is.EqualTo(NfsStatus.Exists));
            Assert.That(rig.Remove(rig.Top, "r").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(rig.Exists(reply.Handle!.Value), Is.False, "nobody reads it by its handle");
        }

        rig.Caller = FileRig.Bob;
        Assert.That(rig.MakeNode(rig.Top, "o", type).Status, Is.EqualTo(byOthers));
    }

    [Test]
    public void Nothing_is_made_where_it_may_not_be()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f");
        var readable = rig.Folder(rig.Top, "readable", 0x1ED);
        var there = rig.File(readable, "there", 0x1B6);
        var closed = rig.Folder(rig.Top, "closed", 0x1C0);
        rig.Caller = FileRig.Bob;
        Func<FileHandle, string, FileReply>[] makers =
        [
            (directory, name) => rig.Create(directory, name, CreateMode.Unchecked), (directory, name) => rig.Create(directory, name, CreateMode.Exclusive),
            (directory, name) => rig.MakeDirectory(directory, name), (directory, name) => rig.MakeLink(directory, name, "x"),
            (directory, name) => rig.MakeNode(directory, name, FileType.Pipe),
        ];
        foreach (var make in makers)
        {
            Assert.That(make(file, "x").Status, Is.EqualTo(NfsStatus.NotDirectory));
            Assert.That(make(readable, "x").Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(make(closed, "x").Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(make(rig.Top, _tooLong).Status, Is.EqualTo(NfsStatus.NameTooLong));
            Assert.That(make(rig.Top, "").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(make(rig.Top, "a/b").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(make(rig.Top, "a\0b").Status, Is.EqualTo(NfsStatus.Invalid));
        }

        var taken = rig.Create(readable, "there", CreateMode.Unchecked);
        Assert.That((taken.Status, taken.Handle), Is.EqualTo((NfsStatus.Ok, (FileHandle?)there)), "nothing is made");
        Assert.That(rig.Create(rig.Top, "big", CreateMode.Guarded, new SetAttributes { Length = (16UL << 40) + 1 }).Status, Is.EqualTo(NfsStatus.FileTooLarge));
        Assert.That(rig.Lookup(rig.Top, "big").Status, Is.EqualTo(NfsStatus.NoEntry));
    }

    [Test]
    public void Inodes_and_generations_are_never_given_again()
    {
        using var rig = new FileRig();
        var seen = new HashSet<ulong>();
        FileHandle last = default;
        for (var i = 0; i < 50; i++)
        {
            if (i == 25)
                rig.Restart();
            last = rig.File(rig.Top, "f");
            Assert.That(seen.Add(last.Inode));
            Assert.That(last.Generation, Is.Not.Zero);
            rig.Remove(rig.Top, "f");
        }

        Assert.That((last.Export, last.FileSystem, last.Snapshot), Is.EqualTo((FileRig.Export, FileRig.FileSystem, 0u)));
    }
}
