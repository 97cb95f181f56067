using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Task attributes (SAM-5, 8.6): who starts before whom.</summary>
public sealed class TaskAttributeTests
{
    // As iSCSI codes them (RFC 7143, 11.3.1.1).
    private const byte Simple = 1;
    private const byte Ordered = 2;
    private const byte HeadOfQueue = 3;

    private const byte AbortTask = 1;

    [Test]
    public void An_ordered_command_starts_after_all_before_it_and_before_all_after_it()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var commands = new[] { Simple, Simple, Ordered, Simple, Simple }
                .Select((attribute, block) => Write(initiator, (uint)block, attribute)).ToList();
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            await ReleaseAsync(rig, 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 1 }), "one before the ordered one still runs");
            await ReleaseAsync(rig, 1);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 2 }), "those after the ordered one wait for it");
            await ReleaseAsync(rig, 1);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 3, 4 }));
            await ReleaseAsync(rig, 2);
            foreach (var command in commands)
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_head_of_queue_command_starts_at_once_and_those_after_it_wait()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Write(initiator, 0, Simple);
            Write(initiator, 1, Ordered);
            Write(initiator, 2, HeadOfQueue);
            Write(initiator, 3, Simple);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 0, 2 }));
            await ReleaseAsync(rig, 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 2 }), "the ordered one waits for the head of the queue too");
            await ReleaseAsync(rig, 1);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 1 }));
            await ReleaseAsync(rig, 1);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 3 }));
            await rig.OnServerAsync(() => rig.Fake.Release());
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_command_whose_data_is_still_on_its_way_counts_as_before()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", "No"), ("InitialR2T", "Yes")));
            var late = initiator.Start(
                TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true, keepsRequests: true);
            var ordered = initiator.Start(TestInitiator.Read10(1, 1), expectedLength: 512, isRead: true, attribute: Ordered);
            await rig.UntilAsync(() => late.Requests.Count == 1);
            Assert.That(await initiator.IsSilentAsync(100_000_000));
            Assert.That(rig.Fake.Log, Is.Empty);
            initiator.AnswerRequest(late, late.Requests[0].AsReadyToTransfer());
            await ordered.Completion;
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "2A 0", "28 1" }));
    }

    [Test]
    public void Other_logical_units_and_sessions_without_data_do_not_hold_up_anybody()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" }
                .With(("ImmediateData", "No"), ("InitialR2T", "Yes")));

            // Its data never comes.
            var stuck = other.Start(
                TestInitiator.Write10(9, 1), new byte[512], expectedLength: 512, isWrite: true, keepsRequests: true, attribute: HeadOfQueue);
            await rig.UntilAsync(() => stuck.Requests.Count == 1);
            Assert.That((await Write(initiator, 0, Simple).Completion).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That((await Write(initiator, 1, Ordered).Completion).Status, Is.EqualTo(ScsiStatus.Good));

            rig.Fake.IsHeld = true;
            Write(initiator, 2, Ordered);
            Write(initiator, 3, Simple, lun: 1);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            await rig.OnServerAsync(() => rig.Fake.Release());
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
    }

    [Test]
    public void An_ordered_command_also_waits_for_what_other_sessions_run()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            var theirs = Write(other, 0, Simple);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Write(initiator, 1, Ordered);
            await rig.Client.DelayAsync(50_000_000);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 0 }));
            await ReleaseAsync(rig, 1);
            await theirs.Completion;
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 1 }));
            await rig.OnServerAsync(() => rig.Fake.Release());
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
    }

    [Test]
    public void A_dormant_command_can_be_aborted_and_ends_with_its_session()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Write(initiator, 0, Simple);
            var ordered = Write(initiator, 1, Ordered);
            Write(initiator, 2, Simple);
            Write(initiator, 3, Ordered);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            await rig.Client.DelayAsync(50_000_000);
            Assert.That(await initiator.ManageAsync(AbortTask, referencedTag: ordered.Tag), Is.Zero, "it never began");
            await rig.UntilAsync(() => rig.Fake.HeldCount == 2);
            Assert.That(Blocks(rig), Is.EqualTo(new[] { 0, 2 }), "nothing waits for an aborted command");
            await initiator.CloseAsync();
            await rig.Client.DelayAsync(50_000_000);
            await rig.OnServerAsync(() => rig.Fake.Release());
        });
        rig.World.RunFor(1_000_000_000);
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "2A 0", "2A 2" }));
    }

    [Test]
    public void Dormant_commands_do_not_keep_buffers_from_those_they_wait_for()
    {
        // Room for one command of 64 KiB.
        using var rig = new TargetRig(new IscsiTargetOptions { SessionDataBytes = 64 << 10, TotalDataBytes = 64 << 10 });
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", "No"), ("InitialR2T", "Yes")));
            var commands = Enumerable.Range(0, 12).Select(block => initiator.Start(
                TestInitiator.Write10((uint)(block * 128), 128),
                new byte[64 << 10],
                expectedLength: 64 << 10,
                isWrite: true,
                attribute: block % 3 == 1 ? Ordered : Simple)).ToList();
            foreach (var command in commands)
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Has.Count.EqualTo(12));
    }

    private static async ValueTask ReleaseAsync(TargetRig rig, int count)
    {
        await rig.OnServerAsync(() => rig.Fake.Release(count));
        await rig.Client.DelayAsync(50_000_000);
    }

    // Which blocks the commands with the device are about.
    private static int[] Blocks(TargetRig rig) => [.. rig.Fake.Held.Select(command => (int)command.Cdb[5])];

    private static TestCommand Write(TestInitiator initiator, uint block, byte attribute, int lun = 0) => initiator.Start(
        TestInitiator.Write10(block, 1), new byte[512], lun: lun, expectedLength: 512, isWrite: true, attribute: attribute);
}
