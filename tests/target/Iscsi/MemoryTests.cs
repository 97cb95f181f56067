using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Data buffers of a session are bounded; commands wait and all come to an end.</summary>
public sealed class MemoryTests
{
    private const int Budget = 256 << 10;

    [TestCase("Yes", "No")]
    [TestCase("No", "Yes")]
    public void Writes_wait_for_buffers(string initialR2T, string immediateData)
    {
        using var rig = new TargetRig(new IscsiTargetOptions { SessionDataBytes = Budget });
        long most = 0;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(
                ("InitialR2T", initialR2T), ("ImmediateData", immediateData), ("FirstBurstLength", "4096")));
            var data = SessionTests.Pattern(64 << 10, 9);
            var writes = Enumerable.Range(0, 50).Select(i => initiator.Start(
                TestInitiator.Write10((uint)i * 128, 128), data, expectedLength: (uint)data.Length, isWrite: true)).ToList();
            await rig.UntilAsync(() =>
            {
                most = Math.Max(most, rig.Target.DataBytes);
                return writes.TrueForAll(write => write.IsDone);
            });
            Assert.That(writes.TrueForAll(write => write.Status == ScsiStatus.Good));
            for (var i = 0; i < 50; i++)
                Assert.That(rig.Fake.Media.AsSpan(i * data.Length, data.Length).SequenceEqual(data));
            await initiator.CloseAsync();
        });

        // What comes unsolicited is taken in any case: here 4 KiB a command.
        Assert.That(most, Is.GreaterThan(Budget / 2).And.LessThanOrEqualTo(Budget + (50 * 4096)));
    }

    [Test]
    public void Reads_wait_for_buffers()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { SessionDataBytes = Budget });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var reads = Enumerable.Range(0, 20).Select(i => initiator.Start(
                TestInitiator.Read10(0, 128), expectedLength: 64 << 10, isRead: true)).ToList();
            await initiator.PingAsync([]);
            Assert.That(rig.Fake.HeldCount, Is.EqualTo(4));
            rig.Fake.IsHeld = false;
            await rig.OnServerAsync(() => rig.Fake.Release());
            foreach (var read in reads)
                Assert.That((await read.Completion).DataIn, Has.Length.EqualTo(64 << 10));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void One_command_is_always_let_through()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { SessionDataBytes = 1, TotalDataBytes = 1 });
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var other = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:other" });
            var all = new List<TestCommand>();
            for (uint i = 0; i < 10; i++)
            {
                all.Add(initiator.Start(TestInitiator.Write10(i * 600, 600), new byte[600 * 512], expectedLength: 600 * 512,
                    isWrite: true));
                all.Add(other.Start(TestInitiator.Read10(i, 600), expectedLength: 600 * 512, isRead: true));
            }

            foreach (var command in all)
                Assert.That((await command.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
            await other.CloseAsync();
        });
    }

    [Test]
    public void Waiting_commands_can_be_aborted_and_dropped()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { SessionDataBytes = 1 });
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var reads = Enumerable.Range(0, 5).Select(i => initiator.Start(TestInitiator.Read10((uint)i, 8), expectedLength: 4096,
                isRead: true)).ToList();
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            Assert.That(await initiator.ManageAsync(1, referencedTag: reads[2].Tag), Is.Zero);
            rig.Fake.IsHeld = false;
            await rig.OnServerAsync(() => rig.Fake.Release());
            await reads[4].Completion;
            Assert.That(reads[2].IsDone, Is.False);
            rig.Fake.IsHeld = true;
            foreach (var _ in Enumerable.Range(0, 5))
                initiator.Start(TestInitiator.Write10(0, 600), new byte[600 * 512], expectedLength: 600 * 512, isWrite: true);
            await rig.UntilAsync(() => rig.Fake.HeldCount == 1);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "28 0", "28 1", "28 3", "28 4" }));
    }

    [Test]
    public void A_peer_that_reads_slowly_is_read_slowly()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Ask(rig, initiator, 1000);
            await rig.Client.DelayAsync(2_000_000_000);

            // 1 MiB of echoes queued, 1 MiB in flight, and the receive buffer; the initiator sent 4 MiB.
            Assert.That(rig.Server.Buffers.RentedBytes, Is.LessThan(3 << 20));
            initiator.PausesReceiving = false;
            for (var i = 0; i < 1000; i++)
                Assert.That((await initiator.ReceiveAsync())!.Data, Has.Length.EqualTo(4096));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_peer_that_reads_nothing_is_cut()
    {
        using var rig = new TargetRig(new IscsiTargetOptions { SendTimeoutMs = 3000 });
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Ask(rig, initiator, 1000);
            var started = rig.World.NowNs;
            await rig.UntilAsync(() => rig.Target.ConnectionCount == 0);
            Assert.That(rig.World.NowNs - started, Is.LessThan(5_000_000_000));
            initiator.PausesReceiving = false;
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines[^1], Does.EndWith("the initiator does not read what it is sent"));
    }

    private static void Ask(TargetRig rig, TestInitiator initiator, int count)
    {
        rig.World.Network.WindowBytes = 4096;
        initiator.PausesReceiving = true;
        var header = new byte[BasicHeader.Size];
        new NopOut
        {
            IsImmediate = true,
            InitiatorTaskTag = 1,
            TargetTransferTag = BasicHeader.NoTag,
            CmdSn = initiator.CmdSn
        }.Write(header);
        for (var i = 0; i < count; i++)
            initiator.Send(header, new byte[4096]);
    }
}
