using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>RENAME (RFC 1813, 3.3.14).</summary>
public sealed class FileRenameTests
{
    // What is renamed, over what, and what comes of it.
    [TestCase("file", "nothing", NfsStatus.Ok)]
    [TestCase("file", "file2", NfsStatus.Ok)]
    [TestCase("file", "link2", NfsStatus.Ok)]
    [TestCase("file", "empty2", NfsStatus.IsDirectory)]
    [TestCase("file", "full2", NfsStatus.IsDirectory)]
    [TestCase("link", "nothing", NfsStatus.Ok)]
    [TestCase("link", "file2", NfsStatus.Ok)]
    [TestCase("link", "link2", NfsStatus.Ok)]
    [TestCase("link", "empty2", NfsStatus.IsDirectory)]
    [TestCase("empty", "nothing", NfsStatus.Ok)]
    [TestCase("empty", "file2", NfsStatus.NotDirectory)]
    [TestCase("empty", "link2", NfsStatus.NotDirectory)]
    [TestCase("empty", "empty2", NfsStatus.Ok)]
    [TestCase("empty", "full2", NfsStatus.NotEmpty)]
    [TestCase("full", "nothing", NfsStatus.Ok)]
    [TestCase("full", "empty2", NfsStatus.Ok)]
    [TestCase("full", "full2", NfsStatus.NotEmpty)]
    [TestCase("missing", "nothing", NfsStatus.NoEntry)]
    [TestCase("missing", "file2", NfsStatus.NoEntry)]
    [TestCase(".", "nothing", NfsStatus.Invalid)]
    [TestCase("..", "nothing", NfsStatus.Invalid)]
    [TestCase("file", ".", NfsStatus.Invalid)]
    [TestCase("file", "..", NfsStatus.Invalid)]
    [TestCase("file", "", NfsStatus.Invalid)]
    [TestCase("", "nothing", NfsStatus.Invalid)]
    [TestCase("file", "a/b", NfsStatus.Invalid)]
    public void One_thing_over_another(string oldName, string newName, NfsStatus expected)
    {
        foreach (var isWithin in new[] { true, false })
        {
            using var rig = new FileRig();
            var from = rig.Folder(rig.Top, "from");
            var to = isWithin ? from : rig.Folder(rig.Top, "to");
            var things = new Dictionary<string, FileHandle>
            {
                ["file"] = rig.File(from, "file"),
                ["link"] = FileCalls.Made(rig.MakeLink(from, "link", "x")),
                ["empty"] = rig.Folder(from, "empty"),
                ["full"] = rig.Folder(from, "full"),
                ["file2"] = rig.File(to, "file2"),
                ["link2"] = FileCalls.Made(rig.MakeLink(to, "link2", "x")),
                ["empty2"] = rig.Folder(to, "empty2"),
                ["full2"] = rig.Folder(to, "full2"),
            };
            rig.File(things["full"], "x");
            rig.File(things["full2"], "x");
            var (fromBefore, toBefore) = (rig.Attributes(from), rig.Attributes(to));
            var names = (rig.Names(from), rig.Names(to));
            var reply = rig.Rename(from, oldName, to, newName);
            Assert.That(reply.Status, Is.EqualTo(expected));
            Assert.That(reply.Before, Is.EqualTo((fromBefore.Length, fromBefore.Modified, fromBefore.Changed)));
            Assert.That(reply.OtherBefore, Is.EqualTo((toBefore.Length, toBefore.Modified, toBefore.Changed)));
            var (fromAfter, toAfter) = (rig.Attributes(from), rig.Attributes(to));
            Assert.That((reply.After, reply.OtherAfter), Is.EqualTo(((Nfs.FileAttributes?)fromAfter, (Nfs.FileAttributes?)toAfter)));
            if (expected != NfsStatus.Ok)
            {
                Assert.That((fromAfter, toAfter), Is.EqualTo((fromBefore, toBefore)));
                Assert.That((rig.Names(from), rig.Names(to)), Is.EqualTo(names));
                continue;
            }

            var isDirectory = oldName is "empty" or "full";
            var isReplaced = newName != "nothing";
            Assert.That(rig.Lookup(from, oldName).Status, Is.EqualTo(NfsStatus.NoEntry));
            Assert.That(rig.Lookup(to, newName).Handle, Is.EqualTo(things[oldName]));
            Assert.That(fromAfter.Modified, Is.Not.EqualTo(fromBefore.Modified));
            Assert.That(toAfter.Modified, Is.Not.EqualTo(toBefore.Modified));
            var lost = isDirectory ? 1u : 0;
            var won = isDirectory && !isReplaced ? 1u : 0;
            Assert.That(fromAfter.Links, Is.EqualTo(fromBefore.Links - lost + (isWithin ? won : 0)));
            if (!isWithin)
                Assert.That(toAfter.Links, Is.EqualTo(toBefore.Links + won));
            if (isDirectory)
                Assert.That(rig.Lookup(things[oldName], "..").Handle, Is.EqualTo(to));
            if (isReplaced && newName != "file2")
                Assert.That(rig.Exists(things[newName]), Is.False);
        }
    }

    [Test]
    public void A_renamed_file_has_changed_but_not_been_modified()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        rig.Rename(rig.Top, "f", rig.Top, "g");
        var after = rig.Attributes(file);
        Assert.That(after.Changed, Is.Not.EqualTo(before.Changed));
        Assert.That(after with { Changed = before.Changed }, Is.EqualTo(before));
    }

    [Test]
    public void Two_names_of_one_file_stay()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Link(file, rig.Top, "g");
        var before = (rig.Attributes(file), rig.Attributes(rig.Top));
        Assert.That(rig.Rename(rig.Top, "f", rig.Top, "g").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Rename(rig.Top, "f", rig.Top, "f").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That((rig.Attributes(file), rig.Attributes(rig.Top)), Is.EqualTo(before));
        Assert.That(rig.Names(rig.Top), Is.EquivalentTo(new[] { "f", "g" }));
    }

    [Test]
    public void Of_several_names_one_is_replaced()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var other = rig.File(rig.Top, "o");
        rig.Link(other, rig.Top, "p");
        rig.Rename(rig.Top, "f", rig.Top, "o");
        Assert.That(rig.Attributes(other).Links, Is.EqualTo(1));
        Assert.That(rig.Lookup(rig.Top, "o").Handle, Is.EqualTo(file));
        rig.Pass(70 * FileRig.Second);
        Assert.That(rig.Lookup(rig.Top, "p").Handle, Is.EqualTo(other));
    }

    [Test]
    public void A_directory_does_not_go_below_itself()
    {
        using var rig = new FileRig();
        var a = rig.Folder(rig.Top, "a");
        var b = rig.Folder(a, "b");
        var c = rig.Folder(b, "c");
        foreach (var target in new[] { a, b, c })
            Assert.That(rig.Rename(rig.Top, "a", target, "x").Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.Rename(b, "c", rig.Top, "a").Status, Is.EqualTo(NfsStatus.NotEmpty), "over what it lies in");
        Assert.That(rig.Rename(rig.Top, "a", rig.Top, "z").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Rename(b, "c", rig.Top, "c").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Rename(rig.Top, "z", c, "z").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Lookup(a, "..").Handle, Is.EqualTo(c));
    }

    [Test]
    public void Renaming_needs_the_right_to_change_both_directories()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var own = rig.Folder(rig.Top, "own", 0x1ED);
        rig.File(own, "f");
        rig.Caller = FileRig.Bob;
        var foreign = rig.Folder(rig.Top, "foreign", 0x1ED);
        rig.File(foreign, "f");
        var closed = rig.Folder(rig.Top, "closed", 0x1FF);
        rig.Caller = FileRig.Root;
        rig.SetAttributes(closed, new SetAttributes { UserId = 5, Mode = 0x1ED });
        rig.Caller = FileRig.Alice;
        Assert.That(rig.Rename(own, "f", foreign, "g").Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Rename(foreign, "f", own, "g").Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Rename(rig.Top, "closed", own, "g").Status, Is.EqualTo(NfsStatus.AccessDenied), "its '..' would change");
        Assert.That(rig.Rename(rig.Top, "closed", rig.Top, "g").Status, Is.EqualTo(NfsStatus.Ok), "and does not here");
        var file = rig.File(own, "plain");
        Assert.That(rig.Rename(file, "f", own, "g").Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.Rename(own, "f", file, "g").Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.Rename(own, new string('x', 256), own, "g").Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.Rename(own, "f", own, new string('x', 256)).Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.Rename(own, "f", own, new string('x', 255)).Status, Is.EqualTo(NfsStatus.Ok));
    }
}
