using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Task management (RFC 7143, 11.5, 11.6): an answer says "complete" only when nothing of the task can reach media.</summary>
public sealed class TaskManagementTests
{
    private const byte AbortTask = 1;
    private const byte AbortTaskSet = 2;
    private const byte ClearAca = 3;
    private const byte ClearTaskSet = 4;
    private const byte LogicalUnitReset = 5;
    private const byte TargetWarmReset = 6;
    private const byte TargetColdReset = 7;
    private const byte TaskReassign = 8;

    private static readonly byte[] _testUnitReady = new byte[6];

    [Test]
    public void The_answer_to_an_abort_waits_for_a_running_task()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var write = Write(initiator, 5);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            var tag = initiator.SendManagement(AbortTask, referencedTag: write.Tag);
            Assert.That(await initiator.IsSilentAsync(2_000_000_000), "the task still runs");
            await rig.OnServerAsync(() => rig.Fake.Release());
            var answer = (await initiator.ReceiveAsync())!;
            Assert.That(answer.InitiatorTaskTag, Is.EqualTo(tag));
            Assert.That(answer.AsTaskManagement().Response, Is.Zero);
            rig.Fake.IsHeld = false;
            await initiator.RunAsync(_testUnitReady);
            Assert.That(write.IsDone, Is.False, "an aborted task has no response");
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Long_commands_are_told_that_they_are_aborted()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var write = Write(initiator, 5);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            initiator.SendManagement(AbortTask, referencedTag: write.Tag);
            await rig.UntilAsync(() => rig.Fake.Held[0].IsAborted);
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That((await initiator.ReceiveAsync())!.AsTaskManagement().Response, Is.Zero);
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_wait_is_bounded_and_its_end_is_no_lie()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { TaskEndTimeoutMs = 3000 });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var write = Write(initiator, 5);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            var started = rig.World.NowNs;
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: write.Tag), Is.EqualTo(255));
            Assert.That(rig.World.NowNs - started, Is.InRange(3_000_000_000, 4_000_000_000));

            // Tried again while the task still runs, it waits for the task again.
            initiator.SendManagement(AbortTask, referencedTag: write.Tag);
            Assert.That(await initiator.IsSilentAsync(1_000_000_000));
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That((await initiator.ReceiveAsync())!.AsTaskManagement().Response, Is.Zero);
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_task_that_waits_for_data_ends_at_once_and_its_data_are_ignored()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", "No"), ("InitialR2T", "Yes")));
            var write = initiator.Start(TestInitiator.Write10(5, 1), new byte[512], expectedLength: 512, isWrite: true,
                keepsRequests: true);
            await rig.UntilAsync(() => write.Requests.Count == 1);
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: write.Tag), Is.Zero);
            initiator.AnswerRequest(write, write.Requests[0].AsReadyToTransfer());
            Assert.That((await initiator.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(await initiator.IsSilentAsync(10_000_000));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "00 0" }));
    }

    [Test]
    public void What_does_not_exist_is_said_not_to()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: 999, refCmdSn: initiator.CmdSn - 1), Is.EqualTo(1));
            Assert.That(await initiator.ManageAsync(AbortTaskSet, lun: 9), Is.EqualTo(2));
            Assert.That(await initiator.ManageAsync(ClearTaskSet, lun: 9), Is.EqualTo(2));
            Assert.That(await initiator.ManageAsync(LogicalUnitReset, lun: 9), Is.EqualTo(2));
            Assert.That(await initiator.ManageAsync(TaskReassign), Is.EqualTo(4));
            Assert.That(await initiator.ManageAsync(ClearAca), Is.EqualTo(5));
            Assert.That(await initiator.ManageAsync(99), Is.EqualTo(5));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Management, Is.Empty);
    }

    [Test]
    public void A_task_under_another_lun_is_not_aborted()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var write = Write(initiator, 5);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(await initiator.ManageAsync(AbortTask, lun: 1, referencedTag: write.Tag), Is.EqualTo(1));
            Assert.That(await initiator.ManageAsync(AbortTaskSet, lun: 1), Is.Zero);
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That((await write.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_command_that_has_not_arrived_is_aborted_by_its_number()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var missing = initiator.CmdSn++;
            var later = initiator.Start(_testUnitReady);
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: 999, refCmdSn: missing), Is.Zero);
            Assert.That((await later.Completion).Status, Is.EqualTo(ScsiStatus.Good), "the gap is filled");

            var ignored = initiator.Start(TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true, cmdSn: missing);
            Assert.That(await initiator.IsSilentAsync(10_000_000));
            Assert.That(ignored.IsDone, Is.False);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "00 0" }));
    }

    [Test]
    public void A_command_that_waits_for_earlier_ones_is_aborted_without_holding_up_later_ones()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var first = initiator.CmdSn++;
            var second = Write(initiator, 5);
            var third = initiator.Start(_testUnitReady);
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: second.Tag, refCmdSn: first + 1), Is.Zero);
            initiator.Start(_testUnitReady, cmdSn: first);
            Assert.That((await third.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "00 0", "00 0" }));
    }

    [Test]
    public void Abort_task_set_ends_the_tasks_of_one_lun_and_session()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            var mine = Enumerable.Range(0, 3).Select(i => Write(initiator, (uint)i)).ToList();
            var elsewhere = Write(initiator, 10, lun: 1);
            var theirs = Write(other, 20);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 5);
            initiator.SendManagement(AbortTaskSet);
            Assert.That(await initiator.IsSilentAsync(100_000_000));
            await rig.OnServerAsync(() => rig.Fake.Release());
            Assert.That((await initiator.ReceiveAsync())!.AsTaskManagement().Response, Is.Zero);
            Assert.That((await elsewhere.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That((await theirs.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(mine.Exists(write => write.IsDone), Is.False);
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
        Assert.That(rig.Fake.Management, Is.Empty);
    }

    [TestCase(ClearTaskSet, "clear 0 for 1")]
    [TestCase(LogicalUnitReset, "reset 0")]
    [TestCase(TargetWarmReset, "reset all")]
    public void Resets_reach_the_tasks_of_other_sessions(byte function, string management)
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            var mine = Write(initiator, 1);
            var theirs = Write(other, 2);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            initiator.SendManagement(function);
            await rig.UntilAsync(() => rig.Fake.Held.All(command => command.IsAborted));
            await rig.OnServerAsync(() => rig.Fake.Release(1));
            Assert.That(await initiator.IsSilentAsync(100_000_000), "the other session's task still runs");
            Assert.That(rig.Fake.Management, Is.Empty);
            await rig.OnServerAsync(() => rig.Fake.Release(1));
            Assert.That((await initiator.ReceiveAsync())!.AsTaskManagement().Response, Is.Zero);
            rig.Fake.IsHeld = false;
            Assert.That((await other.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good), "their session goes on");
            Assert.That(theirs.IsDone || mine.IsDone, Is.False);
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
        Assert.That(rig.Fake.Management, Is.EqualTo(new[] { management }));
    }

    [Test]
    public void A_cold_reset_ends_all_sessions()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            Assert.That(await initiator.ManageAsync(TargetColdReset), Is.Zero);
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            Assert.That(await other.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
        Assert.That(rig.Fake.Management, Is.EqualTo(new[] { "reset all" }));
    }

    [Test]
    public void Functions_of_a_session_that_ends_disturb_nobody()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            Write(initiator, 1);
            Write(other, 2);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            initiator.SendManagement(LogicalUnitReset);
            await rig.Client.DelayAsync(50_000_000);
            await initiator.CloseAsync();
            await rig.Client.DelayAsync(50_000_000);
            await rig.OnServerAsync(() => rig.Fake.Release());
            rig.Fake.IsHeld = false;
            Assert.That((await other.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good));
            await other.CloseAsync();
        });
        Assert.That(rig.Fake.Management, Is.Empty);
    }

    private static TestCommand Write(TestInitiator initiator, uint block, int lun = 0) =>
        initiator.Start(TestInitiator.Write10(block, 1), new byte[512], lun: lun, expectedLength: 512, isWrite: true);
}
