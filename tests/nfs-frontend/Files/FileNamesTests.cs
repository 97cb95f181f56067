using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>LOOKUP, READLINK, REMOVE, RMDIR and LINK (RFC 1813, 3.3.3, 3.3.5, 3.3.12, 3.3.13, 3.3.15).</summary>
public sealed class FileNamesTests
{
    private static readonly string _longest = new('n', 255);
    private static readonly string _tooLong = new('n', 256);

    [Test]
    public void Names_are_found()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        var file = rig.File(directory, _longest);
        var reply = rig.Lookup(directory, _longest);
        Assert.That((reply.Status, reply.Handle), Is.EqualTo((NfsStatus.Ok, (FileHandle?)file)));
        Assert.That(reply.Attributes, Is.EqualTo(rig.Attributes(file)));
        Assert.That(reply.Directory, Is.EqualTo(rig.Attributes(directory)));
        Assert.That(rig.Lookup(directory, ".").Handle, Is.EqualTo(directory));
        Assert.That(rig.Lookup(directory, "..").Handle, Is.EqualTo(rig.Top));
        Assert.That(rig.Lookup(rig.Top, "..").Handle, Is.EqualTo(rig.Top));
    }

    [Test]
    public void Names_that_are_not_there()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        Assert.That(rig.Lookup(rig.Top, "F").Status, Is.EqualTo(NfsStatus.NoEntry));
        Assert.That(rig.Lookup(rig.Top, "").Status, Is.EqualTo(NfsStatus.NoEntry));
        Assert.That(rig.Lookup(rig.Top, _longest).Directory, Is.EqualTo(rig.Attributes(rig.Top)));
        Assert.That(rig.Lookup(rig.Top, _tooLong).Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.Lookup(rig.Top, new string('x', 20_000)).Status, Is.EqualTo(NfsStatus.NameTooLong));
        Assert.That(rig.Lookup(file, "f").Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.Lookup(file, ".").Status, Is.EqualTo(NfsStatus.NotDirectory));
    }

    [Test]
    public void Looking_up_needs_the_right_to_search()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var directory = rig.Folder(rig.Top, "d", 0x1C4);
        rig.File(directory, "f");
        rig.Caller = FileRig.Bob;
        foreach (var name in new[] { "f", "g", ".", "..", _tooLong })
            Assert.That(rig.Lookup(directory, name).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.List(directory).Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void Links_are_read()
    {
        using var rig = new FileRig();
        foreach (var length in new[] { 1, 3584, 3585, 4095, 4096 })
        {
            var path = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + (i % 26))));
            var made = rig.MakeLink(rig.Top, $"l{length}", path);
            Assert.That(made.Attributes!.Value.Length, Is.EqualTo((ulong)length));
            var reply = rig.ReadLink(FileCalls.Made(made));
            Assert.That((reply.Status, FileRig.Text(reply.Path)), Is.EqualTo((NfsStatus.Ok, path)));
        }

        Assert.That(rig.ReadLink(rig.Top).Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.ReadLink(rig.File(rig.Top, "f")).Status, Is.EqualTo(NfsStatus.Invalid));
        var records = rig.Store.Keys.Count(key => (key.High & 0xFF) == 2 && key.High >> 8 != 0);
        Assert.That(records, Is.EqualTo(8));
        foreach (var name in rig.Names(rig.Top))
            rig.Remove(rig.Top, name);
        Assert.That(rig.Store.Keys.Any(key => (key.High & 0xFF) == 2 && key.High >> 8 != 0), Is.False, "parts of paths are left");
    }

    [Test]
    public void Removing_takes_a_name_and_tells_the_directory()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(rig.Top);
        var reply = rig.Remove(rig.Top, "f");
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(reply.Before, Is.EqualTo((before.Length, before.Modified, before.Changed)));
        Assert.That(reply.After, Is.EqualTo(rig.Attributes(rig.Top)));
        Assert.That(reply.After!.Value.Modified, Is.Not.EqualTo(before.Modified));
        Assert.That(rig.Lookup(rig.Top, "f").Status, Is.EqualTo(NfsStatus.NoEntry));
        Assert.That(rig.Attributes(file).Links, Is.Zero);
    }

    [TestCase("missing", NfsStatus.NoEntry, NfsStatus.NoEntry)]
    [TestCase("f", NfsStatus.Ok, NfsStatus.NotDirectory)]
    [TestCase("l", NfsStatus.Ok, NfsStatus.NotDirectory)]
    [TestCase("d", NfsStatus.IsDirectory, NfsStatus.Ok)]
    [TestCase("full", NfsStatus.IsDirectory, NfsStatus.NotEmpty)]
    [TestCase(".", NfsStatus.IsDirectory, NfsStatus.Invalid)]
    [TestCase("..", NfsStatus.IsDirectory, NfsStatus.Exists)]
    [TestCase("", NfsStatus.Invalid, NfsStatus.Invalid)]
    [TestCase("a/b", NfsStatus.Invalid, NfsStatus.Invalid)]
    [TestCase("long", NfsStatus.NameTooLong, NfsStatus.NameTooLong)]
    public void What_can_be_removed(string name, NfsStatus remove, NfsStatus removeDirectory)
    {
        name = name == "long" ? _tooLong : name;
        foreach (var (isDirectory, expected) in new[] { (false, remove), (true, removeDirectory) })
        {
            using var rig = new FileRig();
            rig.File(rig.Top, "f");
            rig.MakeLink(rig.Top, "l", "x");
            rig.Folder(rig.Top, "d");
            rig.File(rig.Folder(rig.Top, "full"), "x");
            var before = rig.Attributes(rig.Top);
            var reply = isDirectory ? rig.RemoveDirectory(rig.Top, name) : rig.Remove(rig.Top, name);
            Assert.That(reply.Status, Is.EqualTo(expected));
            if (expected != NfsStatus.Ok)
                Assert.That(rig.Attributes(rig.Top), Is.EqualTo(before));
        }
    }

    [Test]
    public void Removing_needs_the_right_to_change_the_directory()
    {
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var directory = rig.Folder(rig.Top, "d", 0x1ED);
        var file = rig.File(directory, "f");
        rig.Folder(directory, "s");
        rig.Caller = FileRig.Bob;
        Assert.That(rig.Remove(directory, "f").Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.RemoveDirectory(directory, "s").Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Remove(file, "f").Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.RemoveDirectory(file, "f").Status, Is.EqualTo(NfsStatus.NotDirectory));
        rig.Caller = FileRig.Root;
        Assert.That(rig.Remove(directory, "f").Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void In_a_sticky_directory_only_owners_remove()
    {
        using var rig = new FileRig();
        rig.SetAttributes(rig.Top, new SetAttributes { Mode = 0x3FF });
        rig.Caller = FileRig.Alice;
        rig.File(rig.Top, "f");
        rig.Folder(rig.Top, "d");
        rig.Caller = FileRig.Bob;
        Assert.That(rig.Remove(rig.Top, "f").Status, Is.EqualTo(NfsStatus.NotOwner));
        Assert.That(rig.RemoveDirectory(rig.Top, "d").Status, Is.EqualTo(NfsStatus.NotOwner));
        Assert.That(rig.Rename(rig.Top, "f", rig.Top, "g").Status, Is.EqualTo(NfsStatus.NotOwner));
        rig.File(rig.Top, "b");
        Assert.That(rig.Rename(rig.Top, "b", rig.Top, "f").Status, Is.EqualTo(NfsStatus.NotOwner), "it would replace a foreign file");
        rig.Caller = FileRig.Alice;
        Assert.That(rig.Remove(rig.Top, "f").Status, Is.EqualTo(NfsStatus.Ok));
        rig.Caller = FileRig.Root;
        rig.SetAttributes(rig.Top, new SetAttributes { UserId = 1001 });
        rig.Caller = FileRig.Bob;
        Assert.That(rig.RemoveDirectory(rig.Top, "d").Status, Is.EqualTo(NfsStatus.Ok), "the directory is its own");
    }

    [Test]
    public void A_removed_directory_is_stale_at_once()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        Assert.That(rig.Attributes(rig.Top).Links, Is.EqualTo(3));
        rig.RemoveDirectory(rig.Top, "d");
        Assert.That(rig.GetAttributes(directory).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Create(directory, "f").Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(rig.Attributes(rig.Top).Links, Is.EqualTo(2));
    }

    [Test]
    public void A_file_has_as_many_names_as_links()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        var directoryBefore = rig.Attributes(directory);
        var reply = rig.Link(file, directory, "g");
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(reply.Attributes!.Value.Links, Is.EqualTo(2));
        Assert.That(reply.Attributes!.Value.Changed, Is.Not.EqualTo(before.Changed));
        Assert.That(reply.Attributes!.Value.Modified, Is.EqualTo(before.Modified));
        Assert.That(reply.Before, Is.EqualTo((directoryBefore.Length, directoryBefore.Modified, directoryBefore.Changed)));
        Assert.That(reply.After, Is.EqualTo(rig.Attributes(directory)));
        Assert.That(rig.Lookup(directory, "g").Handle, Is.EqualTo(file));
        var changed = rig.Attributes(file).Changed;
        rig.Remove(rig.Top, "f");
        Assert.That(rig.Attributes(file).Links, Is.EqualTo(1));
        Assert.That(rig.Attributes(file).Changed, Is.Not.EqualTo(changed), "one name less is a change");
        rig.Pass(100 * FileRig.Second);
        Assert.That(rig.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void What_can_be_linked_where()
    {
        using var rig = new FileRig();
        var directory = rig.Folder(rig.Top, "d");
        var file = rig.File(rig.Top, "f");
        Assert.That(rig.Link(directory, rig.Top, "x").Status, Is.EqualTo(NfsStatus.NotOwner));
        Assert.That(rig.Link(file, file, "x").Status, Is.EqualTo(NfsStatus.NotDirectory));
        Assert.That(rig.Link(file, rig.Top, "f").Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Link(file, rig.Top, "d").Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Link(file, rig.Top, ".").Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Link(file, rig.Top, "..").Status, Is.EqualTo(NfsStatus.Exists));
        Assert.That(rig.Link(file, rig.Top, "").Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.Link(file, rig.Top, _tooLong).Status, Is.EqualTo(NfsStatus.NameTooLong));
        var pipe = FileCalls.Made(rig.MakeNode(rig.Top, "p", FileType.Pipe));
        Assert.That(rig.Link(pipe, rig.Top, "q").Status, Is.EqualTo(NfsStatus.Ok));
        rig.SetAttributes(directory, new SetAttributes { Mode = 0x1ED });
        rig.Caller = FileRig.Bob;
        Assert.That(rig.Link(file, directory, "x").Status, Is.EqualTo(NfsStatus.AccessDenied));
    }

    [Test]
    public void A_file_has_at_most_65000_names()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Poke(file, record => record with { Links = 64_999 });
        Assert.That(rig.Link(file, rig.Top, "g").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Link(file, rig.Top, "h").Status, Is.EqualTo(NfsStatus.TooManyLinks));
        Assert.That(rig.Attributes(file).Links, Is.EqualTo(65_000));
        Assert.That(rig.Configuration(file).Numbers, Is.EqualTo(new ulong[] { 65_000, 255, 1, 1, 0, 1 }));
    }

    [Test]
    public void A_file_without_a_name_gets_none_again()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Remove(rig.Top, "f");
        Assert.That(rig.Link(file, rig.Top, "g").Status, Is.EqualTo(NfsStatus.NoEntry));
        Assert.That(rig.Names(rig.Top), Is.Empty);
    }

    [Test]
    public void Names_of_one_hash_are_told_apart()
    {
        using var rig = new FileRig();
        var handles = new Dictionary<string, FileHandle>();
        var first = NameHash.FirstCookieOf("first"u8);
        foreach (var name in new[] { "first", "b", "c" })
            handles[name] = rig.File(rig.Top, name);

        // Nobody finds such names on purpose: the entries are moved to one hash.
        var value = rig.Store.Get(Keys.Entry(1, NameHash.FirstCookieOf("b"u8)))!;
        rig.Store.Delete(Keys.Entry(1, NameHash.FirstCookieOf("b"u8)));
        rig.Store.Put(Keys.Entry(1, first), value);
        rig.Store.Put(Keys.Entry(1, first + 1), [.. BitConverter.GetBytes(handles["first"].Inode), .. "first"u8]);
        Assert.That(rig.Lookup(rig.Top, "first").Handle, Is.EqualTo(handles["first"]));
        Assert.That(rig.Remove(rig.Top, "first").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Store.Get(Keys.Entry(1, first)), Is.EqualTo(value));
        Assert.That(rig.Create(rig.Top, "first").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Lookup(rig.Top, "first").Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void There_are_at_most_256_names_of_one_hash()
    {
        using var rig = new FileRig();
        var first = NameHash.FirstCookieOf("name"u8);
        var file = rig.File(rig.Top, "f");
        for (var index = 0UL; index < NameHash.Collisions; index++)
            rig.Store.Put(Keys.Entry(1, first + index), [.. BitConverter.GetBytes(file.Inode), (byte)'x', (byte)index]);
        var records = rig.Store.Count;
        Assert.That(rig.Create(rig.Top, "name").Status, Is.EqualTo(NfsStatus.NoSpace));
        Assert.That(rig.Link(file, rig.Top, "name").Status, Is.EqualTo(NfsStatus.NoSpace));
        Assert.That(rig.Rename(rig.Top, "f", rig.Top, "name").Status, Is.EqualTo(NfsStatus.NoSpace));
        Assert.That(rig.Store.Count, Is.EqualTo(records + (3 * 2)), "nothing was changed, and of each call is noted that it was refused");
        Assert.That(rig.Attributes(file).Links, Is.EqualTo(1));
    }
}
