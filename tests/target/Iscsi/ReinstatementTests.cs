using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Several sessions, and a session that is started anew (RFC 7143, 6.3.5).</summary>
public sealed class ReinstatementTests
{
    [Test]
    public void The_old_session_ends_down_to_its_last_task_before_the_new_one_is_in()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var old = await rig.LogInAsync();
            old.Start(TestInitiator.Write10(5, 1), SessionTests.Pattern(512, 1), expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            var initiator = await rig.ConnectAsync();
            var login = initiator.LoginAsync(new TestLogin()).AsTask();
            await rig.Client.DelayAsync(3_000_000_000);
            Assert.That(login.IsCompleted, Is.False, "a write of the old session still runs");
            Assert.That(old.IsClosed);
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That(await login, Is.EqualTo(LoginStatus.Success));
            rig.Fake.IsHeld = false;
            var read = await initiator.ReadAsync(TestInitiator.Read10(5, 1), 512);
            Assert.That(read.DataIn, Is.EqualTo(SessionTests.Pattern(512, 1)));
            await old.CloseAsync();
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines.Take(3), Is.EqualTo(new[]
        {
            "in iqn.2026-11.test:initiator",
            "out iqn.2026-11.test:initiator: the initiator started its session anew",
            "in iqn.2026-11.test:initiator",
        }));
    }

    [Test]
    public void A_login_is_refused_while_the_old_session_cannot_end()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { TaskEndTimeoutMs = 2000 });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var old = await rig.LogInAsync();
            old.Start(TestInitiator.Write10(5, 1), new byte[512], expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            for (var i = 0; i < 2; i++)
            {
                var refused = await rig.ConnectAsync();
                Assert.That(await refused.LoginAsync(new TestLogin()), Is.EqualTo(LoginStatus.ServiceUnavailable));
                Assert.That(await refused.ReceiveToEndAsync(), Is.Empty);
                await refused.CloseAsync();
            }

            await rig.OnServerAsync(() => rig.Fake.Release());
            rig.Fake.IsHeld = false;
            var initiator = await rig.LogInAsync();
            await old.CloseAsync();
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Of_two_logins_at_a_time_one_session_is_left()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiators = new List<TestInitiator>();
            for (var i = 0; i < 8; i++)
                initiators.Add(await rig.ConnectAsync());
            var logins = initiators.ConvertAll(initiator => initiator.LoginAsync(new TestLogin()).AsTask());
            foreach (var login in logins)
                await login;
            await rig.Client.DelayAsync(100_000_000);
            Assert.That(rig.Target.Sessions, Has.Count.EqualTo(1));
            Assert.That(initiators.Count(initiator => !initiator.IsClosed), Is.EqualTo(1));
            Assert.That(rig.Fake.Nexuses, Has.Count.EqualTo(1));
            foreach (var initiator in initiators)
                await initiator.CloseAsync();
        });
    }

    [Test]
    public void An_initiator_may_have_several_sessions()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var first = await rig.LogInAsync();
            var second = await rig.LogInAsync(new TestLogin { Isid = 0x00023D000002 });
            var third = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            Assert.That(new[] { first.Tsih, second.Tsih, third.Tsih }, Is.Unique.And.None.Zero);
            Assert.That(rig.Target.Sessions.Select(session => session.Tsih), Is.EquivalentTo(new[] { first.Tsih, second.Tsih,
                third.Tsih }));
            foreach (var initiator in new[] { first, second, third })
            {
                Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
                await initiator.CloseAsync();
            }
        });
    }

    [Test]
    public void Nexuses_are_named_by_the_standard()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { PortalGroupTag = 3, RelativeTargetPort = 7 });
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var nexus = rig.Fake.Nexuses.Single();
            Assert.Multiple(() =>
            {
                Assert.That(nexus.InitiatorPort, Is.EqualTo("iqn.2026-11.test:initiator,i,0x00023d000001"));
                Assert.That(nexus.InitiatorIqn, Is.EqualTo("iqn.2026-11.test:initiator"));
                Assert.That(nexus.TargetPort, Is.EqualTo("iqn.2026-11.local.uss:default,t,0x0003"));
                Assert.That(nexus.RelativeTargetPort, Is.EqualTo(7));
            });
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_second_connection_of_a_session_is_refused()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var first = await rig.LogInAsync();
            var second = await rig.ConnectAsync();
            Assert.That(await second.LoginAsync(new TestLogin { Tsih = (ushort)first.Tsih }), Is.EqualTo(LoginStatus.TooManyConnections));
            var third = await rig.ConnectAsync();
            Assert.That(await third.LoginAsync(new TestLogin { Tsih = 999 }), Is.EqualTo(LoginStatus.SessionDoesNotExist));
            Assert.That((await first.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            await first.CloseAsync();
            await second.CloseAsync();
            await third.CloseAsync();
        });
    }
}
