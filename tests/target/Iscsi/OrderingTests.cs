using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>CmdSN and the command window (RFC 7143, 4.2.2.1).</summary>
public sealed class OrderingTests
{
    private static readonly byte[] _testUnitReady = new byte[6];

    [Test]
    public void Commands_execute_in_the_order_of_their_numbers()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var base0 = initiator.CmdSn;
            var order = new[] { 3u, 1u, 2u, 0u };
            var commands = order.Select(n => initiator.Start(
                TestInitiator.Write10(n, 1), new byte[512], expectedLength: 512, isWrite: true, cmdSn: base0 + n)).ToList();
            foreach (var command in commands)
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            initiator.CmdSn = base0 + 4;
            Assert.That((await initiator.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "2A 0", "2A 1", "2A 2", "2A 3", "00 0" }));
    }

    [Test]
    public void Other_requests_wait_their_turn_too()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var first = initiator.CmdSn++;
            var text = initiator.TextAsync("SendTargets=\0");
            var ping = new byte[BasicHeader.Size];
            new NopOut { InitiatorTaskTag = 500, TargetTransferTag = BasicHeader.NoTag, CmdSn = initiator.CmdSn++ }.Write(ping);
            initiator.Send(ping, "echo"u8);
            Assert.That(await initiator.IsSilentAsync(50_000_000), "both wait for the first");
            var command = initiator.Start(_testUnitReady, cmdSn: first);
            await command.Completion;
            Assert.That((await text)!.Keys()["TargetName"], Is.EqualTo(TargetRig.TargetName));
            var echo = (await initiator.ReceiveAsync())!;
            Assert.That(echo.Opcode, Is.EqualTo(Opcode.NopIn));
            Assert.That(echo.Data, Is.EqualTo("echo"u8.ToArray()));
            Assert.That(echo.ExpCmdSn, Is.EqualTo(initiator.CmdSn));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Held_requests_leave_nothing_behind_when_the_connection_ends()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.CmdSn++;
            initiator.Start(TestInitiator.Write10(0, 8), new byte[4096], expectedLength: 4096, isWrite: true);
            _ = initiator.TextAsync("SendTargets=\0");
            await rig.Client.DelayAsync(50_000_000);
            await initiator.CloseAsync();
        });
        rig.World.RunFor(1_000_000_000);
        Assert.That(rig.Fake.Log, Is.Empty);
    }

    [TestCase(128u, TestName = "Beyond the window")]
    [TestCase(0xFFFFFFFFu, TestName = "Before the window")]
    public void Commands_outside_of_the_window_are_silently_ignored(uint ahead)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var ignored = initiator.Start(
                TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true, cmdSn: initiator.CmdSn + ahead);
            Assert.That(await initiator.IsSilentAsync(100_000_000));
            Assert.That(ignored.IsDone, Is.False);
            Assert.That((await initiator.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "00 0" }));
    }

    [Test]
    public void The_window_closes_and_opens()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { CommandWindow = 4 });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var first = initiator.CmdSn;
            var commands = Enumerable.Range(0, 4).Select(_ => initiator.Start(_testUnitReady)).ToList();
            await rig.UntilAsync(() => rig.Fake.HeldCount == 4);
            var tooMany = initiator.Start(_testUnitReady, cmdSn: first + 4);
            await initiator.PingAsync([]);
            Assert.That(initiator.MaxCmdSn, Is.EqualTo(first + 3), "closed: ExpCmdSN - 1");
            await rig.OnServerAsync(() => rig.Fake.Release(2));
            await commands[1].Completion;
            Assert.That(initiator.MaxCmdSn, Is.EqualTo(first + 5));
            Assert.That(tooMany.IsDone, Is.False);
            await rig.OnServerAsync(() => rig.Fake.Release());
            await commands[3].Completion;
            Assert.That(initiator.MaxCmdSn, Is.EqualTo(first + 7));
            Assert.That(rig.Fake.Log, Has.Count.EqualTo(4));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Numbers_wrap_around()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.ConnectAsync();
            initiator.CmdSn = 0xFFFFFFFD;
            Assert.That(await initiator.LoginAsync(new TestLogin()), Is.EqualTo(LoginStatus.Success));
            for (var i = 0; i < 10; i++)
                Assert.That((await initiator.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(initiator.CmdSn, Is.EqualTo(7u));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Immediate_commands_have_no_place_in_the_order()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var later = initiator.Start(TestInitiator.Read10(7, 1), expectedLength: 512, isRead: true, cmdSn: initiator.CmdSn + 1);
            var immediate = await initiator.Start(_testUnitReady, isImmediate: true).Completion;
            Assert.That(immediate.Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(immediate.Pdus[0].ExpCmdSn, Is.EqualTo(initiator.CmdSn));
            await initiator.RunAsync(_testUnitReady);
            Assert.That((await later.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Too_many_immediate_commands_are_rejected()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var commands = Enumerable.Range(0, 33).Select(_ => initiator.Start(_testUnitReady, isImmediate: true)).ToList();
            var reject = (await initiator.ReceiveAsync())!;
            Assert.That(reject.AsReject().Reason, Is.EqualTo((byte)RejectReason.TooManyImmediateCommands));
            await rig.OnServerAsync(() => rig.Fake.Release());
            foreach (var command in commands.Take(32))
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_tag_in_use_is_rejected()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var first = initiator.Start(_testUnitReady, tag: 42);
            initiator.Start(_testUnitReady, tag: 43);
            var header = new byte[BasicHeader.Size];
            new ScsiRequest { IsFinal = true, InitiatorTaskTag = 42, CmdSn = initiator.CmdSn++ }.Write(header);
            initiator.Send(header);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.TaskInProgress));
            await rig.OnServerAsync(() => rig.Fake.Release());
            await first.Completion;
            rig.Fake.IsHeld = false;
            Assert.That((await initiator.Start(_testUnitReady, tag: 42).Completion).Status, Is.EqualTo(ScsiStatus.Good),
                "the order goes on");
            await initiator.CloseAsync();
        });
    }
}
