using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Who may do what (POSIX, file access permissions; RFC 1813, 3.3.2, 3.3.4 and 4.4).</summary>
public sealed class FilePermissionsTests
{
    private const uint AllRights = 0x3F;

    [TestCase(0x1C0u, 0x2Du, 0x00u)]
    [TestCase(0x1ADu, 0x0Du, 0x21u)]
    [TestCase(0x007u, 0x00u, 0x2Du)]
    public void Access_tells_what_the_bits_say(uint mode, uint owner, uint other)
    {
        using var fixture = new FileFixture();
        fixture.SetAttributes(fixture.RootHandle, mode: 0x1FF);
        var file = fixture.NewFile(fixture.RootHandle, "f", mode, FileFixture.User);
        Assert.Multiple(() =>
        {
            Assert.That(Rights(fixture, file, FileFixture.User), Is.EqualTo(owner));
            Assert.That(Rights(fixture, file, FileFixture.Other), Is.EqualTo(other));
        });
    }

    [Test]
    public void Who_owns_a_file_may_write_it_whatever_its_mode()
    {
        using var fixture = new FileFixture();
        fixture.SetAttributes(fixture.RootHandle, mode: 0x1FF);
        var file = fixture.NewFile(fixture.RootHandle, "f", 0, FileFixture.User);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Write(file, 0, 1, FileFixture.User).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Write(file, 0, 1, FileFixture.Other).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Write(file, 0, 1, FileFixture.Root).Status, Is.EqualTo(NfsStatus.Ok));
        });
    }

    [Test]
    public void Attributes_are_changed_by_the_owner_and_given_away_by_root()
    {
        using var fixture = new FileFixture();
        fixture.SetAttributes(fixture.RootHandle, mode: 0x1FF);
        var file = fixture.NewFile(fixture.RootHandle, "f", 0x9ED, FileFixture.User);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.SetAttributes(file, mode: 0x1FF, caller: FileFixture.Other).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.SetAttributes(file, user: 1001, caller: FileFixture.User).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.SetAttributes(file, group: 999, caller: FileFixture.User).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.SetAttributes(file, group: 24, caller: FileFixture.User).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Attributes(file).Mode, Is.EqualTo(0x1ED), "a program does not run as another group's");
            Assert.That(fixture.SetAttributes(file, user: 1001, group: 7).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Attributes(file) is { UserId: 1001, GroupId: 7 });
        });
    }

    [Test]
    public void A_change_under_a_guard_is_made_only_when_nothing_has_changed()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        var changed = fixture.Attributes(file).Changed;
        Assert.Multiple(() =>
        {
            Assert.That(fixture.SetAttributes(file, mode: 0x180, guard: changed).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.SetAttributes(file, mode: 0x1FF, guard: changed).Status, Is.EqualTo(NfsStatus.NotSynchronized));
            Assert.That(fixture.Attributes(file).Mode, Is.EqualTo(0x180));
        });
    }

    [Test]
    public void In_a_sticky_directory_each_takes_away_his_own()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d", 0x3FF);
        fixture.NewFile(directory, "f", caller: FileFixture.User);
        fixture.NewFile(directory, "g", caller: FileFixture.Other);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Remove(directory, "f", FileFixture.Other).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.Rename(directory, "f", directory, "h", FileFixture.Other).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.Rename(directory, "g", directory, "f", FileFixture.Other).Status, Is.EqualTo(NfsStatus.NotOwner));
            Assert.That(fixture.Remove(directory, "f", FileFixture.User).Status, Is.EqualTo(NfsStatus.Ok));
        });
    }

    [Test]
    public void A_directory_gives_its_group_where_its_bit_says_so()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d", 0x1FF);
        fixture.SetAttributes(directory, mode: 0x5FF, group: 55);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Attributes(fixture.NewFile(directory, "f", caller: FileFixture.User)).GroupId, Is.EqualTo(55));
            Assert.That(
                fixture.Attributes(fixture.NewDirectory(directory, "e", caller: FileFixture.User)) is { GroupId: 55, Mode: 0x5ED });
        });
    }

    [Test]
    public void Who_may_not_write_a_directory_changes_nothing_in_it()
    {
        using var fixture = new FileFixture();
        var directory = fixture.NewDirectory(fixture.RootHandle, "d", 0x1ED);
        var file = fixture.NewFile(directory, "f");
        var closed = fixture.NewDirectory(fixture.RootHandle, "closed", 0x1C0);
        var user = FileFixture.User;
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Create(directory, "g", caller: user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.MakeDirectory(directory, "g", caller: user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Remove(directory, "f", user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Rename(directory, "f", directory, "g", user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Link(file, directory, "g", user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Lookup(closed, "x", user).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.List(directory).Select(entry => entry.Name), Is.EqualTo([".", "..", "f"]));
        });
    }

    [Test]
    public void By_a_read_only_export_nothing_changes()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        var request = FileFixture.SetAttributesRequest(file, mode: 0) with { IsReadOnly = true };
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Call(request).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(
                fixture.Call(new FileRequest(NfsProcedure.Write, file) { Count = 1, IsReadOnly = true }).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(new FileRequest(NfsProcedure.GetAttributes, file) { IsReadOnly = true }).Status, Is.EqualTo(NfsStatus.Ok));
        });
    }

    private static uint Rights(FileFixture fixture, FileHandle file, Exports.Caller caller)
    {
        var reply = fixture.Call(new FileRequest(NfsProcedure.Access, file)
        {
            Caller = caller,
            Arguments = FileRequest.Encode(file, (ref XdrWriter writer) => writer.UInt32(AllRights)),
        });
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        return new XdrReader(reply.Results, 4 + FileAttributes.OptionalSize).UInt32();
    }
}
