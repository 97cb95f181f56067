using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>READ, WRITE and COMMIT at the owner (RFC 1813, 3.3.6, 3.3.7, 3.3.21), and files that become shorter meanwhile.</summary>
public sealed class FileTruncationTests
{
    private const long MaximumBytes = 16L << 40;

    [Test]
    public void A_write_is_noted_with_its_length_and_times()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        var reply = rig.Write(file, 10_000, 100);
        Assert.That((reply.Status, reply.File), Is.EqualTo((NfsStatus.Ok, file.Inode)));
        Assert.That(reply.Before, Is.EqualTo((0UL, before.Modified, before.Changed)));
        var after = rig.Attributes(file);
        Assert.That(reply.After, Is.EqualTo(after));
        Assert.That((after.Length, after.Used), Is.EqualTo((10_100UL, 4096UL)));
        Assert.That(after.Modified, Is.EqualTo(after.Changed).And.Not.EqualTo(before.Modified));
        Assert.That(after.Accessed, Is.EqualTo(before.Accessed));
        var read = rig.Read(file, 0, 100);
        Assert.That((read.Status, read.File, read.Length, read.Attributes), Is.EqualTo((NfsStatus.Ok, file.Inode, 10_100L, (Nfs.FileAttributes?)after)));
    }

    [Test]
    public void Used_bytes_count_each_block_once()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        (long Offset, int Count, long Used)[] writes =
        [
            (0, 1, 4096), (1, 4095, 4096), (0, 4096, 4096), (4096, 1, 8192), (5000, 5000, 12288), (1 << 20, 4096, 16384), ((1 << 20) + 4095, 2, 20480),
        ];
        foreach (var (offset, count, used) in writes)
        {
            rig.Write(file, offset, count);
            Assert.That(rig.Attributes(file).Used, Is.EqualTo((ulong)used), $"{offset} {count}");
        }

        rig.SetLength(file, 5000);
        Assert.That(rig.Attributes(file).Used, Is.EqualTo(8192UL));
        rig.SetLength(file, 0);
        Assert.That(rig.Attributes(file).Used, Is.Zero);
        rig.SetLength(file, 1 << 30);
        Assert.That(rig.Attributes(file).Used, Is.Zero, "a hole takes nothing");
        rig.Write(file, 8192, 1);
        Assert.That((rig.Attributes(file).Used, rig.Attributes(file).Length), Is.EqualTo((4096UL, 1UL << 30)));
    }

    [Test]
    public void Nothing_written_changes_nothing()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var before = rig.Attributes(file);
        Assert.That(rig.Write(file, 1 << 20, 0).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file), Is.EqualTo(before));
    }

    [TestCase(MaximumBytes - 1, 1, NfsStatus.Ok)]
    [TestCase(MaximumBytes, 0, NfsStatus.Ok)]
    [TestCase(MaximumBytes, 1, NfsStatus.FileTooLarge)]
    [TestCase(long.MaxValue, 1, NfsStatus.FileTooLarge)]
    [TestCase(long.MaxValue - 10, 1 << 20, NfsStatus.FileTooLarge)]
    [TestCase(-1, 1, NfsStatus.FileTooLarge)]
    [TestCase(0, -1, NfsStatus.FileTooLarge)]
    public void A_write_ends_within_what_files_may_be(long offset, int count, NfsStatus expected)
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        Assert.That(rig.Write(file, offset, count).Status, Is.EqualTo(expected));
    }

    [Test]
    public void Data_is_for_files_and_for_those_who_may()
    {
        using var rig = new FileRig();
        var link = FileCalls.Made(rig.MakeLink(rig.Top, "l", "x"));
        Assert.That(rig.Read(rig.Top, 0, 1).Status, Is.EqualTo(NfsStatus.IsDirectory));
        Assert.That(rig.Write(rig.Top, 0, 1).Status, Is.EqualTo(NfsStatus.IsDirectory));
        Assert.That(rig.Read(link, 0, 1).Status, Is.EqualTo(NfsStatus.Invalid));
        Assert.That(rig.Write(link, 0, 1).Status, Is.EqualTo(NfsStatus.Invalid));
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f", 0);
        Assert.That(rig.Read(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok), "the owner may have had it open");
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok));
        rig.Caller = FileRig.Bob;
        var attributes = rig.Attributes(file);
        var read = rig.Read(file, 0, 1);
        Assert.That((read.Status, read.Attributes), Is.EqualTo((NfsStatus.AccessDenied, (Nfs.FileAttributes?)attributes)));
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.Commit(file).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file), Is.EqualTo(attributes));
        rig.Caller = FileRig.Root;
        rig.SetAttributes(file, new SetAttributes { Mode = 1 });
        rig.Caller = FileRig.Bob;
        Assert.That(rig.Read(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok), "what may be executed has to be read");
    }

    [Test]
    public void What_lies_beyond_the_new_end_is_discarded_before_the_answer()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        rig.Data.DiscardNs = FileRig.Second;
        var beganNs = rig.World.NowNs;
        Assert.That(rig.SetLength(file, 100).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.World.NowNs - beganNs, Is.GreaterThanOrEqualTo(FileRig.Second));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (100L, 12_288L) }));
        Assert.That(rig.Store.Next(Keys.Truncations.From, Keys.Truncations.To), Is.Null);
        rig.SetLength(file, 1 << 20);
        rig.SetLength(file, 50_000);
        Assert.That(rig.Data.Discards, Has.Count.EqualTo(1), "nothing was written there");
        rig.SetLength(file, 99);
        Assert.That(rig.Data.Of(file.Inode).Last(), Is.EqualTo((99L, 4096L)));
    }

    [Test]
    public void A_creation_that_finds_the_file_cuts_it_off()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        var reply = rig.Create(rig.Top, "f", CreateMode.Unchecked, new SetAttributes { Length = 0, Mode = 0 });
        Assert.That((reply.Handle, reply.Attributes!.Value.Length), Is.EqualTo(((FileHandle?)file, 0UL)));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
        Assert.That(rig.Attributes(file).Mode, Is.EqualTo(0x1B6), "only the length of what is there changes");
    }

    [Test]
    public void A_write_that_began_before_is_waited_for()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var other = rig.File(rig.Top, "g");
        var write = rig.BeginWrite(file, 0, 10_000);
        rig.BeginWrite(other, 0, 10_000);
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 0 });
        rig.Pass(FileRig.Second);
        Assert.That(shorter.IsDone, Is.False);
        Assert.That(rig.Data.Discards, Is.Empty);
        rig.EndWrite(write);
        Assert.That(rig.End(shorter).After!.Value.Length, Is.Zero);
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
    }

    [Test]
    public void A_write_that_never_ends_is_waited_for_as_long_as_it_may_last()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.BeginWrite(file, 0, 10_000);
        var beganNs = rig.World.NowNs;
        rig.Pass(FileRig.Second);
        rig.SetLength(file, 0);
        Assert.That(rig.World.NowNs - beganNs, Is.InRange(4 * FileRig.Second - 1_000_000, 4 * FileRig.Second + 1_000_000));
    }

    [Test]
    public void A_write_that_comes_waits_until_the_file_is_cut_off()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        rig.Data.DiscardNs = FileRig.Second;
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 0 });
        rig.Pass(FileRig.Second / 2);
        var write = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), offset: 0, count: 100);
        var longer = rig.BeginSetAttributes(file, new SetAttributes { Length = 50_000 });
        var read = rig.Read(file, 0, 1);
        Assert.That((read.Status, read.Length), Is.EqualTo((NfsStatus.Ok, 0L)), "who reads need not wait");
        rig.Pass(FileRig.Second / 4);
        Assert.That((shorter.IsDone, write.IsDone, longer.IsDone), Is.EqualTo((false, false, false)));
        rig.End(shorter);
        rig.EndWrite(rig.End(write));
        Assert.That(rig.End(longer).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Attributes(file).Length, Is.EqualTo(50_000UL));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
    }

    [Test]
    public void Files_stay_closed_until_what_is_beyond_is_gone()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        for (var failure = 0; failure < 30; failure++)
            rig.Data.Failures.Enqueue(failure % 3 == 0 ? RecordStatus.Lost : failure % 3 == 1 ? RecordStatus.NoSpace : RecordStatus.Damaged);
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 0 });
        rig.Pass(FileRig.Second);
        var write = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), offset: 0, count: 100);
        rig.Pass(FileRig.Second / 4);
        Assert.That((shorter.IsDone, write.IsDone), Is.EqualTo((false, false)), "what is written now would be discarded with the rest");
        Assert.That(rig.End(shorter).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.End(write).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Store.Next(Keys.Truncations.From, Keys.Truncations.To), Is.Null);
    }

    [Test]
    public void An_owner_that_was_deposed_discards_nothing_more()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, (1L << 30) - 1, 1);
        rig.Data.DiscardNs = FileRig.Second;
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 5 });
        rig.Pass(FileRig.Second * 3 / 2);
        rig.Store.IsLost = true;
        rig.Pass(60 * FileRig.Second);
        Assert.That(shorter.IsDone, Is.False, "it may be the owner still");
        rig.Close();
        rig.Pass(FileRig.Second);
        Assert.That(shorter.IsDone);
        Assert.That(shorter.Result, Is.Null, "the next owner answers");
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (5L, 256L << 20), (256L << 20, 512L << 20) }));
        rig.Store.IsLost = false;
        rig.Restart();
        rig.Pass(10 * FileRig.Second);
        Assert.That(rig.Data.Of(file.Inode).Skip(2), Is.EqualTo(new[] { (256L << 20, 512L << 20), (512L << 20, 768L << 20), (768L << 20, 1L << 30) }));
    }

    [Test]
    public void What_the_owner_before_began_is_ended_when_its_writes_are_over()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        rig.Data.DiscardNs = FileRig.Second;
        rig.BeginSetAttributes(file, new SetAttributes { Length = 0 }, xid: 900);
        rig.Pass(FileRig.Second / 2);
        rig.Restart();
        var startedNs = rig.World.NowNs;
        Assert.That(rig.Attributes(file).Length, Is.Zero);
        var other = rig.File(rig.Top, "g");
        Assert.That(rig.Write(other, 0, 1).Status, Is.EqualTo(NfsStatus.Ok), "other files need not wait");
        var write = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), offset: 0, count: 100);
        Assert.That(rig.SetLength(file, 0, xid: 900).Status, Is.EqualTo(NfsStatus.Ok), "it was done");
        rig.Pass(FileRig.Second * 7 / 2);
        Assert.That(write.IsDone, Is.False);
        Assert.That(rig.Data.Discards, Is.Empty, "a write of the owner before may still come");
        rig.End(write);
        Assert.That(rig.World.NowNs - startedNs, Is.InRange(5 * FileRig.Second - 1_000_000, 5 * FileRig.Second + 10_000_000));
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
    }

    [Test]
    public void A_new_term_waits_for_writes_that_it_does_not_know()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.BeginWrite(file, 0, 10_000);
        rig.Restart();
        var startedNs = rig.World.NowNs;
        rig.SetLength(file, 0);
        Assert.That(rig.World.NowNs - startedNs, Is.InRange(4 * FileRig.Second - 1_000_000, 4 * FileRig.Second + 10_000_000));
        startedNs = rig.World.NowNs;
        rig.Write(file, 0, 10_000);
        rig.SetLength(file, 0);
        Assert.That(rig.World.NowNs - startedNs, Is.LessThan(FileRig.Second));
    }

    [Test]
    public void A_service_that_is_closed_leaves_the_rest_to_the_next()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.BeginWrite(file, 0, 10_000);
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 0 });
        var write = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), offset: 0, count: 100);
        rig.Pass(FileRig.Second);
        rig.Close();
        rig.Pass(FileRig.Second / 10);
        Assert.That((shorter.IsDone, shorter.Result, write.IsDone, write.Result), Is.EqualTo((true, (FileReply?)null, true, (FileReply?)null)));
        Assert.That(rig.Data.Discards, Is.Empty, "the write is under way");
        rig.Start();
        rig.Pass(5 * FileRig.Second);
        Assert.That(rig.Data.Of(file.Inode), Is.EqualTo(new[] { (0L, 12_288L) }));
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void A_copy_of_a_write_brings_nothing_back_that_was_cut_off()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        Assert.That(rig.Write(file, 0, 10_000, xid: 900).Ticket, Is.Not.Zero);
        var changed = rig.Attributes(file).Changed;
        Assert.That(rig.Write(file, 0, 10_000, xid: 900).Ticket, Is.Zero, "the data is there");
        Assert.That(rig.Attributes(file).Changed, Is.EqualTo(changed));
        rig.SetLength(file, 0);
        Assert.That(rig.Write(file, 0, 10_000, xid: 900).Ticket, Is.Zero, "and is not to come again");
        Assert.That(rig.Attributes(file).Length, Is.Zero);

        // One of which nobody knows whether it has written.
        rig.BeginWrite(file, 0, 10_000, xid: 901);
        rig.SetLength(file, 4096);
        var again = rig.BeginWrite(file, 0, 10_000, xid: 901);
        Assert.That((again.Status, again.Length), Is.EqualTo((NfsStatus.Ok, 4096L)), "as much as the file has still");
        Assert.That(again.Ticket, Is.Not.Zero);
        Assert.That(rig.Attributes(file).Length, Is.EqualTo(4096UL));
    }

    [Test]
    public void A_truncation_that_does_not_come_about_lets_writes_go_on()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        rig.Write(file, 0, 10_000);
        foreach (var (refusal, status) in new[] { (RecordStatus.NoSpace, NfsStatus.NoSpace), (RecordStatus.Damaged, NfsStatus.Io) })
        {
            rig.Store.Refusals.Enqueue(refusal);
            var reply = rig.SetLength(file, 0);
            Assert.That(reply.Status, Is.EqualTo(status));
            Assert.That(rig.Attributes(file).Length, Is.EqualTo(10_000UL));
            Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok));
        }

        Assert.That(rig.Data.Discards, Is.Empty);
    }

    [Test]
    public void A_run_that_did_not_count_leaves_no_file_closed()
    {
        // The first run would make the file shorter; before the next one somebody else has taken the right to.
        using var rig = new FileRig();
        rig.Caller = FileRig.Alice;
        var file = rig.File(rig.Top, "f", 0x1B6);
        rig.Write(file, 0, 10_000);
        rig.Store.RunsThatDoNotCount = 1;
        rig.Store.Turns = rig.Reactor;
        rig.Store.BetweenRuns = () =>
        {
            rig.Poke(file, record => record with { Mode = 0 });
            rig.Store.BetweenRuns = null;
        };
        rig.Caller = FileRig.Bob;
        var shorter = rig.BeginSetAttributes(file, new SetAttributes { Length = 0 });
        var write = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), offset: 0, count: 100);
        Assert.That(rig.End(shorter).Status, Is.EqualTo(NfsStatus.AccessDenied));
        Assert.That(rig.End(write).Status, Is.EqualTo(NfsStatus.AccessDenied));
        rig.Caller = FileRig.Alice;
        Assert.That(rig.Write(file, 0, 1).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Data.Discards, Is.Empty);
    }
}
