using System.Net;
using Uss.Runtime;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Logins over the wire: CHAP, refusals, floods, slow ones (RFC 7143, 6.3 and 12.1.3).</summary>
public sealed class AdmissionTests
{
    private static TargetConfiguration Protected { get; } = new()
    {
        Iqn = TargetRig.TargetName,
        Initiators =
        [
            new InitiatorRule
            {
                Iqn = "*",
                Chap = new ChapCredentials("user", "initiatorsecret12"),
                MutualChap = new ChapCredentials("uss", "targetsecret1234"),
            },
        ],
    };

    [TestCase("5")]
    [TestCase("6")]
    [TestCase("7")]
    [TestCase("5,6,7,8")]
    public void Chap_lets_in_who_knows_the_secret(string algorithms)
    {
        using var rig = new TargetRig(configuration: Protected);
        rig.Run(async () =>
        {
            foreach (var isMutual in new[] { false, true })
            {
                foreach (var isDiscovery in new[] { false, true })
                {
                    var initiator = await rig.LogInAsync(new TestLogin
                    {
                        Chap = ("user", "initiatorsecret12"),
                        Mutual = isMutual ? ("uss", "targetsecret1234") : null,
                        Algorithms = algorithms,
                        IsDiscovery = isDiscovery,
                    });
                    await initiator.CloseAsync();
                }
            }
        });
    }

    [Test]
    public void Refusals_are_late_and_say_no_more_than_needed()
    {
        using var rig = new TargetRig(configuration: Protected);
        rig.Run(async () =>
        {
            foreach (var chap in new (string, string)?[] { ("user", "wrong"), ("nobody", "initiatorsecret12"), null })
            {
                var started = rig.World.NowNs;
                var initiator = await rig.ConnectAsync();
                Assert.That(await initiator.LoginAsync(new TestLogin { Chap = chap }), Is.EqualTo(LoginStatus.AuthenticationFailure));
                Assert.That(rig.World.NowNs - started, Is.GreaterThan(1_000_000_000));
                Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
                await initiator.CloseAsync();
            }
        });
        Assert.That(rig.Events.Lines, Has.Count.EqualTo(3).And.All.StartsWith("refused iqn.2026-11.test:initiator 0x0201"));
        Assert.That(rig.Events.Lines, Has.None.Contains("secret1").And.None.Contains("wrong1"));
        Assert.That(rig.Fake.Nexuses, Is.Empty);
    }

    [Test]
    public void Loopback_is_open_only_from_loopback()
    {
        using var rig = new TargetRig(configuration: new TargetConfiguration { Iqn = TargetRig.TargetName, OpenOnLoopback = true });
        rig.Run(async () =>
        {
            var remote = await rig.ConnectAsync();
            Assert.That(await remote.LoginAsync(new TestLogin()), Is.EqualTo(LoginStatus.AuthorizationFailure));
            await remote.CloseAsync();
        });
        rig.World.Run(rig.Server, async () =>
        {
            var portal = rig.Target.Listen(new Endpoint(IPAddress.Loopback, 0)).Value;
            var local = await TestInitiator.LogInAsync(rig.Server, portal);
            Assert.That((await local.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            await local.CloseAsync();
        });
    }

    [Test]
    public void A_login_has_fifteen_seconds()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var started = rig.World.NowNs;
            var silent = await rig.ConnectAsync();
            var slow = await rig.ConnectAsync();
            var header = new byte[BasicHeader.Size];
            new LoginRequest { CurrentStage = LoginStage.Operational }.Write(header);
            header[7] = 200;
            slow.SendRaw(header);
            while (!slow.IsClosed)
            {
                slow.SendRaw("x"u8);
                await rig.Client.DelayAsync(500_000_000);
            }

            Assert.That(await silent.ReceiveToEndAsync(), Is.Empty);
            Assert.That(rig.World.NowNs - started, Is.InRange(15_000_000_000, 16_500_000_000));
            await silent.CloseAsync();
            await slow.CloseAsync();
        });
        Assert.That(rig.Events.Lines, Is.EqualTo(new[] { "dropped the login took too long", "dropped the login took too long" }));
    }

    [Test]
    public void A_flood_of_half_open_connections_keeps_nobody_out()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var served = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:served" });
            var flood = new List<TestInitiator>();
            for (var i = 0; i < 300; i++)
                flood.Add(await rig.ConnectAsync());
            Assert.That(rig.Target.ConnectionCount, Is.LessThanOrEqualTo(34));
            Assert.That(rig.Server.Buffers.RentedBytes, Is.LessThan(4 << 20));
            var late = await rig.LogInAsync();
            Assert.That((await late.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That((await served.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            foreach (var connection in flood)
                await connection.CloseAsync();
            await late.CloseAsync();
            await served.CloseAsync();
        });
    }

    [Test]
    public void Connections_of_an_address_are_limited()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { MaxConnectionsPerAddress = 4 });
        rig.Run(async () =>
        {
            var sessions = new List<TestInitiator>();
            for (var i = 0; i < 4; i++)
                sessions.Add(await rig.LogInAsync(new TestLogin { Isid = (ulong)i }));
            var refused = await rig.ConnectAsync();
            Assert.That(await refused.ReceiveToEndAsync(), Is.Empty);
            await refused.CloseAsync();
            await sessions[0].CloseAsync();
            await rig.UntilAsync(() => rig.Target.ConnectionCount == 3);
            sessions[0] = await rig.LogInAsync(new TestLogin { Isid = 9 });
            foreach (var session in sessions)
                await session.CloseAsync();
        });
        Assert.That(rig.Events.Lines, Has.One.EqualTo("dropped there are too many connections"));
    }

    [Test]
    public void Something_else_than_a_login_is_not_answered()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.ConnectAsync();
            initiator.SendRaw("GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: somebody\r\n\r\n"u8);
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines, Is.EqualTo(new[] { "dropped the first PDU is not a login request" }));
    }

    [Test]
    public void Something_else_during_the_login_is_refused()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.ConnectAsync();
            await initiator.ExchangeAsync(new TestLogin(), LoginStage.Security, false, 0, [("InitiatorName", "iqn.a"), ("TargetName",
                TargetRig.TargetName)]);
            initiator.Start(new byte[6]);
            Assert.That(TestInitiator.StatusOf(await initiator.ReceiveAsync()), Is.EqualTo(LoginStatus.InvalidDuringLogin));
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.Empty);
    }

    [Test]
    public void Oversized_login_requests_are_refused()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.ConnectAsync();
            initiator.SendLogin(new TestLogin(), LoginStage.Operational, true, LoginStage.FullFeature, new byte[8193]);
            Assert.That(TestInitiator.StatusOf(await initiator.ReceiveAsync()), Is.EqualTo(LoginStatus.InitiatorError));
            await initiator.ReceiveToEndAsync();
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Commands_right_behind_the_last_login_request_are_served()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.ConnectAsync();
            initiator.SendLogin(
                new TestLogin(),
                LoginStage.Operational,
                true,
                LoginStage.FullFeature,
                System.Text.Encoding.ASCII.GetBytes($"InitiatorName=iqn.a\0TargetName={TargetRig.TargetName}\0"));
            var commands = Enumerable.Range(0, 20).Select(i => initiator.Start(
                TestInitiator.Write10((uint)i, 2), new byte[1024], expectedLength: 1024, isWrite: true, immediate: 1024, unsolicited: 0))
                    .ToList();
            Assert.That(TestInitiator.StatusOf(await initiator.ReceiveAsync()), Is.EqualTo(LoginStatus.Success));
            foreach (var command in commands)
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }
}
