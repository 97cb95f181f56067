using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Names: LOOKUP, CREATE, MKDIR, REMOVE, RMDIR, RENAME, LINK, SYMLINK and READDIR (RFC 1813, 3.3.3 to 3.3.16).</summary>
public sealed class FileNamesTests
{
    [Test]
    public void What_is_made_is_found_and_listed_once()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d");
        var file = fixture.NewFile(directory, "f");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Find(directory, "f"), Is.EqualTo(file));
            Assert.That(fixture.Find(directory, "."), Is.EqualTo(directory));
            Assert.That(fixture.Find(directory, ".."), Is.EqualTo(fixture.RootHandle));
            Assert.That(fixture.Find(fixture.RootHandle, ".."), Is.EqualTo(fixture.RootHandle));
            Assert.That(fixture.Lookup(directory, "g").Status, Is.EqualTo(NfsStatus.NoEntry));
            Assert.That(fixture.Lookup(file, "g").Status, Is.EqualTo(NfsStatus.NotDirectory));
            Assert.That(fixture.List(directory), Is.EqualTo([(".", directory.Inode), ("..", 1UL), ("f", file.Inode)]));
        });
    }

    [TestCase("", NfsStatus.Invalid)]
    [TestCase(".", NfsStatus.Exists)]
    [TestCase("..", NfsStatus.Exists)]
    [TestCase("a/b", NfsStatus.Invalid)]
    [TestCase("a\0b", NfsStatus.Invalid)]
    [TestCase("\u00FF\u00FE", NfsStatus.Ok)]
    public void Names_are_bytes_of_which_some_cannot_be(string name, NfsStatus status)
    {
        using var fixture = new FileFixture();
        Assert.That(fixture.MakeDirectory(fixture.RootHandle, name).Status, Is.EqualTo(status));
        Assert.That(fixture.List(fixture.RootHandle), Has.Count.EqualTo(status == NfsStatus.Ok ? 3 : 2));
    }

    [TestCase(255, NfsStatus.Ok)]
    [TestCase(256, NfsStatus.NameTooLong)]
    [TestCase(5000, NfsStatus.NameTooLong)]
    public void Names_have_at_most_255_bytes(int length, NfsStatus status)
    {
        using var fixture = new FileFixture();
        var name = new string('n', length);
        Assert.That(fixture.Create(fixture.RootHandle, name).Status, Is.EqualTo(status));
        Assert.That(fixture.Lookup(fixture.RootHandle, name).Status, Is.EqualTo(status));
        Assert.That(fixture.Remove(fixture.RootHandle, name).Status, Is.EqualTo(status));
    }

    [Test]
    public void Creation_is_unchecked_guarded_or_exclusive()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Create(fixture.RootHandle, "f", CreateMode.Guarded).Status, Is.EqualTo(NfsStatus.Exists));
            Assert.That(fixture.Create(fixture.RootHandle, "f").ReadMade(), Is.EqualTo(file));
            Assert.That(fixture.Create(fixture.RootHandle, "f", CreateMode.Exclusive, verifier: 5).Status, Is.EqualTo(NfsStatus.Exists));
        });
        var exclusive = fixture.Create(fixture.RootHandle, "e", CreateMode.Exclusive, verifier: 5);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Create(fixture.RootHandle, "e", CreateMode.Exclusive, verifier: 5).ReadMade(), Is.EqualTo(exclusive.ReadMade()));
            Assert.That(fixture.Create(fixture.RootHandle, "e", CreateMode.Exclusive, verifier: 6).Status, Is.EqualTo(NfsStatus.Exists));
        });
        fixture.Write(exclusive.ReadMade(), 0, 1);
        Assert.That(fixture.Create(fixture.RootHandle, "e", CreateMode.Exclusive, verifier: 5).Status, Is.EqualTo(NfsStatus.Exists), "it is in use");
    }

    [Test]
    public void A_directory_goes_when_it_is_empty()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d");
        fixture.NewFile(directory, "f");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Attributes(fixture.RootHandle).Links, Is.EqualTo(3));
            Assert.That(fixture.RemoveDirectory(fixture.RootHandle, "d").Status, Is.EqualTo(NfsStatus.NotEmpty));
            Assert.That(fixture.Remove(fixture.RootHandle, "d").Status, Is.EqualTo(NfsStatus.IsDirectory));
            Assert.That(fixture.RemoveDirectory(directory, "f").Status, Is.EqualTo(NfsStatus.NotDirectory));
            Assert.That(fixture.RemoveDirectory(directory, ".").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(fixture.Remove(directory, "f").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.RemoveDirectory(fixture.RootHandle, "d").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.GetAttributes(directory).Status, Is.EqualTo(NfsStatus.Stale));
            Assert.That(fixture.Create(directory, "g").Status, Is.EqualTo(NfsStatus.Stale));
            Assert.That(fixture.Attributes(fixture.RootHandle).Links, Is.EqualTo(2));
        });
    }

    [Test]
    public void Rename_replaces_what_is_of_its_kind()
    {
        using var fixture = new FileFixture();
        var root = fixture.RootHandle;
        foreach (var name in new[] { "d1", "d2", "full" })
            fixture.NewDirectory(root, name);
        fixture.NewFile(fixture.Find(root, "full"), "x");
        var (one, two) = (fixture.NewFile(root, "f1"), fixture.NewFile(root, "f2"));
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Rename(root, "none", root, "f2").Status, Is.EqualTo(NfsStatus.NoEntry));
            Assert.That(fixture.Rename(root, "f1", root, "d1").Status, Is.EqualTo(NfsStatus.IsDirectory));
            Assert.That(fixture.Rename(root, "d1", root, "f1").Status, Is.EqualTo(NfsStatus.NotDirectory));
            Assert.That(fixture.Rename(root, "d1", root, "full").Status, Is.EqualTo(NfsStatus.NotEmpty));
            Assert.That(fixture.Rename(root, ".", root, "x").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(fixture.Rename(root, "d1", root, "..").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(fixture.Rename(root, "f1", root, "f2").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Rename(root, "d1", root, "d2").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Rename(root, "d2", root, "d2").Status, Is.EqualTo(NfsStatus.Ok));
        });
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Find(root, "f2"), Is.EqualTo(one));
            Assert.That(fixture.Attributes(two).Links, Is.Zero);
            Assert.That(fixture.List(root).Select(entry => entry.Name), Is.EquivalentTo([".", "..", "d2", "full", "f2"]));
            Assert.That(fixture.Attributes(root).Links, Is.EqualTo(4));
        });
    }

    [Test]
    public void A_directory_never_comes_to_lie_in_itself()
    {
        using var fixture = new FileFixture();
        var upper = fixture.NewDirectory(fixture.RootHandle, "upper");
        var middle = fixture.NewDirectory(upper, "middle");
        var lower = fixture.NewDirectory(middle, "lower");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Rename(fixture.RootHandle, "upper", lower, "x").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(fixture.Rename(fixture.RootHandle, "upper", upper, "x").Status, Is.EqualTo(NfsStatus.Invalid));
            Assert.That(fixture.Rename(middle, "lower", fixture.RootHandle, "lower").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Find(lower, ".."), Is.EqualTo(fixture.RootHandle));
            Assert.That((fixture.Attributes(middle).Links, fixture.Attributes(fixture.RootHandle).Links), Is.EqualTo((2, 4)));
        });
    }

    [Test]
    public void A_file_has_the_names_that_it_was_given()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d");
        var file = fixture.NewFile(fixture.RootHandle, "f");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Link(file, directory, "g").Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Link(file, directory, "g").Status, Is.EqualTo(NfsStatus.Exists));
            Assert.That(fixture.Link(directory, directory, "h").Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.Link(file, file, "h").Status, Is.EqualTo(NfsStatus.NotDirectory));
            Assert.That(fixture.Attributes(file).Links, Is.EqualTo(2));
            Assert.That(fixture.Rename(fixture.RootHandle, "f", directory, "g").Status, Is.EqualTo(NfsStatus.Ok), "two names of one file");
            Assert.That(fixture.Attributes(file).Links, Is.EqualTo(2));
        });
    }

    [Test]
    public void A_symbolic_link_leads_where_it_was_told()
    {
        using var fixture = new FileFixture();
        foreach (var length in new[] { 1, 3584, 3585, 4096 })
        {
            var path = new string('p', length);
            var link = fixture.Symlink(fixture.RootHandle, $"l{length}", path).ReadMade();
            var read = fixture.Call(new FileRequest(NfsProcedure.ReadLink, link));
            Assert.That(read.Results.AsSpan()[^(length + (-length & 3))..][..length].IndexOfAnyExcept((byte)'p'), Is.EqualTo(-1));
            Assert.That(fixture.Attributes(link).Length, Is.EqualTo(length));
        }

        Assert.Multiple(() =>
        {
            Assert.That(fixture.Symlink(fixture.RootHandle, "l", new string('p', 4097)).Status, Is.EqualTo(NfsStatus.NameTooLong));
            Assert.That(
                fixture.Call(new FileRequest(NfsProcedure.ReadLink, fixture.NewFile(fixture.RootHandle, "f"))).Status, Is.EqualTo(NfsStatus.Invalid));
        });
    }

    [Test]
    public void What_stays_in_a_directory_is_listed_once_whatever_else_happens()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d");
        for (var i = 0; i < 200; i++)
            fixture.NewFile(directory, $"stays{i}");
        var seen = new List<string>();
        var round = 0;
        for (var (cookie, isEnd) = (0UL, false); !isEnd; round++)
        {
            (var entries, isEnd) = fixture.ReadDirectory(directory, cookie, 600).ReadEntries();
            seen.AddRange(entries.Select(entry => entry.Name));
            cookie = entries[^1].Cookie;
            fixture.NewFile(directory, $"comes{round}");
            if (round > 0)
                fixture.Remove(directory, $"comes{round - 1}");
            if (round % 5 == 0)
                fixture.Restart();
        }

        var stays = seen.Where(name => name.StartsWith("stays", StringComparison.Ordinal)).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(round, Is.GreaterThan(10));
            Assert.That(stays, Has.Count.EqualTo(200));
            Assert.That(stays, Is.Unique);
        });
    }

    [Test]
    public void A_listing_has_no_more_bytes_than_were_asked_for()
    {
        using var fixture = new FileFixture();
        for (var i = 0; i < 50; i++)
            fixture.NewFile(fixture.RootHandle, $"{i}{new string('n', i)}");
        for (var count = 100u; count < 2000; count += 4)
        {
            var reply = fixture.ReadDirectory(fixture.RootHandle, 0, count);
            if (reply.Status == NfsStatus.TooSmall)
                Assert.That(count, Is.LessThan(4 + 88 + 8 + 28 + 8), "there is room for '.'");
            else
                Assert.That(reply.Results, Has.Length.LessThanOrEqualTo((int)count));
        }
    }
}
