using Uss.Target.Iscsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>NOP-Out and NOP-In (RFC 7143, 11.18, 11.19), and peers that are gone.</summary>
public sealed class KeepAliveTests
{
    [Test]
    public void Idle_initiators_are_asked_and_stay()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            await rig.Client.DelayAsync(60_000_000_000);
            Assert.That(initiator.Pings, Is.InRange(9, 12));
            Assert.That(initiator.IsClosed, Is.False);
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Initiators_that_no_longer_answer_are_cut()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.AnswersPings = false;
            var started = rig.World.NowNs;
            await initiator.ReceiveToEndAsync();
            Assert.That(initiator.Pings, Is.EqualTo(1));
            Assert.That(rig.World.NowNs - started, Is.InRange(10_000_000_000, 12_000_000_000));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines[^1], Does.EndWith("the initiator no longer answers"));
    }

    [Test]
    public void Initiators_that_vanish_are_cut_and_their_tasks_ended()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.Start(TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            rig.World.Network.Link(rig.Client.Host, rig.Server.Host).IsBlocked = true;
            rig.World.Network.Link(rig.Server.Host, rig.Client.Host).IsBlocked = true;
            await rig.UntilAsync(() => rig.Target.ConnectionCount == 0);
            Assert.That(rig.Fake.Held[0].IsAborted);
            Assert.That(rig.Fake.Nexuses, Has.Count.EqualTo(1), "the nexus lives as long as its tasks");
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That(rig.Fake.Nexuses, Is.Empty);
            rig.World.Network.Heal();
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Bytes_without_an_end_are_no_sign_of_life()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.AnswersPings = false;
            var started = rig.World.NowNs;

            // A PDU that grows by a byte a second.
            var header = new byte[BasicHeader.Size];
            header[6] = 0x10;
            initiator.SendRaw(header);
            while (!initiator.IsClosed)
            {
                initiator.SendRaw([0]);
                await rig.Client.DelayAsync(1_000_000_000);
            }

            Assert.That(rig.World.NowNs - started, Is.LessThan(13_000_000_000));
            await initiator.CloseAsync();
        });
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5000)]
    public void Pings_of_the_initiator_are_echoed(int length)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var data = SessionTests.Pattern(length, 1);
            Assert.That(await initiator.PingAsync(data), Is.EqualTo(data));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void An_echo_is_as_long_as_the_initiator_can_receive()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("MaxRecvDataSegmentLength", "512")));
            Assert.That(await initiator.PingAsync(new byte[2000]), Has.Length.EqualTo(512));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_ping_of_the_target_takes_no_status_number()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var before = (await initiator.RunAsync(new byte[6])).Pdus[0].StatSn;
            await rig.UntilAsync(() => initiator.Pings == 2);
            Assert.That((await initiator.RunAsync(new byte[6])).Pdus[0].StatSn, Is.EqualTo(before + 1));
            await initiator.CloseAsync();
        });
    }
}
