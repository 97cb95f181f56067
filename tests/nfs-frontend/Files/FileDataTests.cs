using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Lengths and contents: WRITE, SETATTR of a length, removal, and calls that come twice.</summary>
public sealed class FileDataTests
{
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void A_write_moves_length_and_times_at_once()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        var before = fixture.Attributes(file);
        fixture.Write(file, 5000, 100);
        var after = fixture.Attributes(file);
        Assert.Multiple(() =>
        {
            Assert.That(after.Length, Is.EqualTo(5100));
            Assert.That(after.Used, Is.EqualTo(4096), "a hole takes nothing");
            Assert.That(Ns(after.Modified), Is.GreaterThan(Ns(before.Modified)));
            Assert.That(Ns(after.Changed), Is.GreaterThan(Ns(before.Changed)));
        });
        fixture.Write(file, 5000, 100);
        Assert.That(fixture.Attributes(file).Used, Is.EqualTo(4096), "written over");
    }

    [Test]
    public void A_call_that_comes_again_is_not_done_again([Values] bool isOtherOwner)
    {
        using var fixture = new FileFixture();
        var file = fixture.Create(fixture.RootHandle, "f", CreateMode.Guarded, xid: 901).ReadMade();
        fixture.Remove(fixture.RootHandle, "f", xid: 902);
        var second = fixture.Create(fixture.RootHandle, "f", CreateMode.Guarded).ReadMade();
        var directory = fixture.MakeDirectory(fixture.RootHandle, "d", xid: 904).ReadMade();
        fixture.Rename(fixture.RootHandle, "f", fixture.RootHandle, "g", xid: 905);
        fixture.NewFile(fixture.RootHandle, "f");
        fixture.Write(second, 0, 10, xid: 906);
        fixture.SetAttributes(second, length: 3);
        if (isOtherOwner)
            fixture.Restart();
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Create(fixture.RootHandle, "f", CreateMode.Guarded, xid: 901).ReadMade(), Is.EqualTo(file));
            Assert.That(fixture.Remove(fixture.RootHandle, "f", xid: 902).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.MakeDirectory(fixture.RootHandle, "d", xid: 904).ReadMade(), Is.EqualTo(directory));
            Assert.That(fixture.Rename(fixture.RootHandle, "f", fixture.RootHandle, "g", xid: 905).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Write(second, 0, 10, xid: 906).Status, Is.EqualTo(NfsStatus.Ok));
        });
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Attributes(second).Length, Is.EqualTo(3), "an old write does not come back");
            Assert.That(fixture.Find(fixture.RootHandle, "g"), Is.EqualTo(second));
            Assert.That(fixture.List(fixture.RootHandle).Select(entry => entry.Name), Is.EquivalentTo([".", "..", "d", "f", "g"]));
        });
    }

    [Test]
    public void Replies_are_forgotten_after_a_while()
    {
        using var fixture = new FileFixture();
        fixture.MakeDirectory(fixture.RootHandle, "d", xid: 900);
        fixture.World.RunFor(130 * SecondNs);
        for (var i = 0; i < 5; i++)
            fixture.NewFile(fixture.RootHandle, $"f{i}");
        Assert.That(fixture.MakeDirectory(fixture.RootHandle, "d", xid: 900).Status, Is.EqualTo(NfsStatus.Exists));
    }

    [Test]
    public void A_shorter_file_gives_back_what_lay_beyond()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        fixture.Write(file, 0, 100_000);
        Assert.That(fixture.SetAttributes(file, length: 5000).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Data.Discards, Is.EqualTo([(file.Inode, 5000L, 100_000L)]));
            Assert.That(fixture.Attributes(file) is { Length: 5000, Used: 8192 });
            Assert.That(Truncations(fixture), Is.Zero);
        });
    }

    [Test]
    public void Who_makes_a_file_shorter_waits_for_the_writes_before_it_and_later_ones_wait_for_him()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        var write = fixture.Call(new FileRequest(NfsProcedure.Write, file) { Count = 50_000, KeepsTicket = true });
        var (isCut, isWritten) = (false, false);
        fixture.Run(() => Spawn(async () => isCut = (await fixture.CallAsync(FileFixture.SetAttributesRequest(file, length: 10))).Status == NfsStatus.Ok));
        fixture.World.RunFor(SecondNs);
        fixture.Run(() => Spawn(async () =>
            isWritten = (await fixture.CallAsync(new FileRequest(NfsProcedure.Write, file) { Offset = 100, Count = 1 })).Status == NfsStatus.Ok));
        fixture.World.RunFor(SecondNs);
        Assert.Multiple(() =>
        {
            Assert.That(isCut || isWritten, Is.False);
            Assert.That(fixture.Data.Discards, Is.Empty);
        });
        fixture.Run(() =>
        {
            fixture.Service.EndWrite(write.Ticket);
            return ValueTask.FromResult(true);
        });
        fixture.World.RunFor(SecondNs);
        Assert.Multiple(() =>
        {
            Assert.That(isCut && isWritten);
            Assert.That(fixture.Attributes(file).Length, Is.EqualTo(101));
            Assert.That(fixture.Data.Discards, Is.EqualTo([(file.Inode, 10L, 50_000L)]));
        });
    }

    [Test]
    public void A_write_whose_end_nobody_tells_is_over_after_four_seconds()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        fixture.Call(new FileRequest(NfsProcedure.Write, file) { Count = 50_000, KeepsTicket = true });
        var isCut = false;
        fixture.Run(() => Spawn(async () => isCut = (await fixture.CallAsync(FileFixture.SetAttributesRequest(file, length: 10))).Status == NfsStatus.Ok));
        fixture.World.RunFor(3 * SecondNs);
        Assert.That(isCut, Is.False);
        fixture.World.RunFor(2 * SecondNs);
        Assert.That(isCut);
    }

    [Test]
    public void The_next_owner_ends_what_was_being_cut_off()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        fixture.Write(file, 0, 50_000);
        fixture.Data.Gate = new TaskCompletionSource();
        fixture.Run(() => Spawn(async () => await fixture.CallAsync(FileFixture.SetAttributesRequest(file, length: 10))));
        fixture.World.RunFor(SecondNs);
        Assert.That(Truncations(fixture), Is.EqualTo(1));
        var gate = fixture.Data.Gate;
        fixture.Data.Gate = null;
        fixture.Restart();
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Data.Discards, Does.Contain((file.Inode, 10L, 50_000L)));
            Assert.That(Truncations(fixture), Is.Zero);
            Assert.That(fixture.Attributes(file).Length, Is.EqualTo(10));
        });
        fixture.Run(() =>
        {
            gate.SetResult();
            return ValueTask.FromResult(true);
        });
        fixture.World.RunFor(SecondNs);
    }

    [Test]
    public void A_file_without_a_name_stays_a_minute_for_those_who_have_it_open()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        fixture.Write(file, 0, 50_000);
        fixture.Remove(fixture.RootHandle, "f");
        fixture.World.RunFor(50 * SecondNs);
        Assert.That(fixture.Write(file, 60_000, 10).Status, Is.EqualTo(NfsStatus.Ok));
        fixture.World.RunFor(20 * SecondNs);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Stale));
            Assert.That(fixture.Data.Discards, Is.EqualTo([(file.Inode, 0L, 60_010L)]));
            Assert.That(fixture.Records.Records.Keys.Where(key => Keys.InodeOf(key) == file.Inode), Is.Empty);
        });
    }

    [Test]
    public void Where_room_is_short_it_goes_soon()
    {
        using var fixture = new FileFixture();
        fixture.Data.Room = (100 << 20, 1 << 20);
        var file = fixture.NewFile(fixture.RootHandle, "f");
        fixture.Remove(fixture.RootHandle, "f");
        fixture.World.RunFor(6 * SecondNs);
        Assert.That(fixture.GetAttributes(file).Status, Is.EqualTo(NfsStatus.Stale));
    }

    [Test]
    public void A_file_has_at_most_16_tebibytes()
    {
        using var fixture = new FileFixture();
        var file = fixture.NewFile(fixture.RootHandle, "f");
        Assert.Multiple(() =>
        {
            Assert.That(fixture.SetAttributes(file, length: 16UL << 40).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.SetAttributes(file, length: (16UL << 40) + 1).Status, Is.EqualTo(NfsStatus.FileTooLarge));
            Assert.That(fixture.SetAttributes(file, length: ulong.MaxValue).Status, Is.EqualTo(NfsStatus.FileTooLarge));
            Assert.That(fixture.Create(fixture.RootHandle, "g", length: ulong.MaxValue).Status, Is.EqualTo(NfsStatus.FileTooLarge));
        });
    }

    private static int Truncations(FileFixture fixture) =>
        fixture.Records.Records.Keys.Count(key => key.CompareTo(Keys.Truncations.From) >= 0 && key.CompareTo(Keys.Truncations.To) <= 0);

    private static long Ns(NfsTime time) => (time.Seconds * SecondNs) + time.Nanoseconds;

    private static ValueTask<bool> Spawn(Func<ValueTask> work)
    {
        Uss.Runtime.Reactor.Current.Spawn(work());
        return ValueTask.FromResult(true);
    }
}
