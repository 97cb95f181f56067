using NUnit.Framework.Constraints;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Copies of one WRITE: a client sends it again, and front-ends may be left with the ones before.</summary>
public sealed class WriteCopyTests
{
    private const uint Xid = 900;

    [Test]
    public void One_copy_writes_at_a_time()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var first = Begin(rig, file, copy: 1);
        var second = rig.BeginWriteCopy(file, 0, 4096, Xid, copy: 2);
        rig.Pass(FileRig.Second);
        Assert.That(second.IsDone, Is.False);
        Assert.That(Begin(rig, file, copy: 1).Ticket, Is.Not.Zero, "a front-end that asks again is the same copy");
        rig.EndWrite(first);
        Assert.That(rig.End(second).Ticket, Is.Zero, "the data is there");
        Assert.That(Begin(rig, file, copy: 3).Ticket, Is.Zero);
    }

    [Test]
    public void A_copy_whose_end_nobody_tells_is_waited_for_until_it_can_write_no_more()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        Begin(rig, file, copy: 1);
        var beganNs = rig.World.NowNs;
        var second = Begin(rig, file, copy: 2);
        Assert.That(rig.World.NowNs - beganNs, Is.InRange(rig.Options.WriteNs - FileRig.Second, rig.Options.WriteNs + FileRig.Second));
        Assert.That(second.Ticket, Is.Not.Zero);
        rig.EndWrite(second);
        Assert.That(Begin(rig, file, copy: 1).Ticket, Is.Zero, "the first copy comes too late");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void The_next_owner_knows_whose_data_is_there(bool isTold)
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        var first = Begin(rig, file, copy: 1);
        if (isTold)
            rig.EndWrite(first);
        rig.Pass(FileRig.Second);
        rig.Restart();
        var startedNs = rig.World.NowNs;
        var second = Begin(rig, file, copy: 2);
        Assert.That(second.Ticket == 0, Is.EqualTo(isTold));
        Constraint expected = isTold ? Is.LessThan(FileRig.Second) : Is.GreaterThanOrEqualTo(rig.Options.WriteNs);
        Assert.That(rig.World.NowNs - startedNs, expected, "writes of the term before may be under way");
    }

    [Test]
    public void A_front_end_that_asks_again_does_not_wait_for_itself()
    {
        using var rig = new FileRig();
        var file = rig.File(rig.Top, "f");
        Begin(rig, file, copy: 1);
        rig.Restart();
        var startedNs = rig.World.NowNs;
        Assert.That(Begin(rig, file, copy: 1).Ticket, Is.Not.Zero);
        Assert.That(rig.World.NowNs - startedNs, Is.LessThan(FileRig.Second));
    }

    private static FileReply Begin(FileRig rig, in FileHandle file, ulong copy) => rig.End(rig.BeginWriteCopy(file, 0, 4096, Xid, copy));
}
