using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Logout, draining, and configurations that let somebody in no longer.</summary>
public sealed class StoppingTests
{
    [TestCase((byte)0)]
    [TestCase((byte)1)]
    public void Logout_waits_for_running_tasks(byte reason)
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.Start(TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            initiator.SendLogout(reason);
            Assert.That(await initiator.IsSilentAsync(1_000_000_000));
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That((await initiator.ReceiveAsync())!.AsLogout().Response, Is.Zero);
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Logout_says_when_tasks_do_not_end()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { TaskEndTimeoutMs = 2000 });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.Start(new byte[6]);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(await initiator.LogoutAsync(), Is.EqualTo(3));
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
    }

    [TestCase((byte)1, (ushort)5, 1, TestName = "Of another connection")]
    [TestCase((byte)2, (ushort)0, 2, TestName = "For recovery")]
    public void Logouts_that_cannot_be_leave_the_session_alone(byte reason, ushort connection, int response)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Assert.That(await initiator.LogoutAsync(reason, connection), Is.EqualTo(response));
            Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            initiator.SendLogout(9);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.InvalidPduField));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Initiators_that_log_out_when_asked_make_a_stop_quick()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var stopping = rig.OnServerAsync(async () => Assert.That(await rig.Target.StopAsync()));
            var started = rig.World.NowNs;
            var message = (await initiator.ReceiveAsync())!.AsAsyncMessage();
            Assert.That(message.Event, Is.EqualTo(1));
            Assert.That(message.Parameter3, Is.EqualTo(3));
            Assert.That(await initiator.LogoutAsync(), Is.Zero);
            await initiator.ReceiveToEndAsync();
            await initiator.CloseAsync();
            await stopping;
            Assert.That(rig.World.NowNs - started, Is.LessThan(3_000_000_000));
        });
    }

    [Test]
    public void Initiators_that_do_not_listen_are_told_and_cut()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.Start(new byte[6]);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            var half = await rig.ConnectAsync();
            var started = rig.World.NowNs;
            await rig.OnServerAsync(async () => Assert.That(await rig.Target.StopAsync(), Is.False, "a command still runs"));
            Assert.That(rig.World.NowNs - started, Is.LessThan(5_000_000_000));
            var messages = await initiator.ReceiveToEndAsync();
            Assert.That(messages.ConvertAll(message => (int)message.AsAsyncMessage().Event), Is.EqualTo(new[] { 1, 3 }));
            await half.ReceiveToEndAsync();
            await initiator.CloseAsync();
            await half.CloseAsync();
            var late = await rig.Client.ConnectAsync(rig.Portal);
            Assert.That(late.IsOk, Is.False, "nobody listens any more");
        });
    }

    [Test]
    public void Sessions_that_may_no_longer_be_are_cut_and_others_stay()
    {
        var chap = new ChapCredentials("user", "initiatorsecret12");
        using var rig = new TargetRig(configuration: new TargetConfiguration
        {
            Iqn = TargetRig.TargetName,
            Initiators = [new InitiatorRule { Iqn = "iqn.2026-11.test:a" }, new InitiatorRule { Iqn = "iqn.2026-11.test:b", Chap = chap }],
        });
        rig.Run(async () =>
        {
            var a = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:a" });
            var b = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:b", Chap = ("user", "initiatorsecret12") });
            Assert.That(rig.Target.Sessions.Single(session => session.Tsih == b.Tsih).ChapUser, Is.EqualTo("user"));

            // A wider rule and another secret end nothing.
            await rig.OnServerAsync(() => rig.Target.ApplyConfiguration(new TargetConfiguration
            {
                Iqn = TargetRig.TargetName,
                Initiators = [new InitiatorRule { Iqn = "*" }, new InitiatorRule { Iqn = "iqn.2026-11.test:b",
                    Chap = chap with { Secret = "another" } }],
            }));
            Assert.That((await a.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That((await b.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));

            // The rule now asks for CHAP, which a did not prove; b is no longer named.
            await rig.OnServerAsync(() => rig.Target.ApplyConfiguration(new TargetConfiguration
            {
                Iqn = TargetRig.TargetName,
                Initiators = [new InitiatorRule { Iqn = "iqn.2026-11.test:a", Chap = chap }],
            }));
            await a.ReceiveToEndAsync();
            await b.ReceiveToEndAsync();
            await a.CloseAsync();
            await b.CloseAsync();
        });
        Assert.That(rig.Events.Lines.Count(line => line.EndsWith("the initiator may no longer log in", StringComparison.Ordinal)),
            Is.EqualTo(2));
    }
}
