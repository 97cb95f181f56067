using System.Buffers.Binary;
using Uss.Target.Scsi;
using Uss.Target.Tests.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>PREEMPT AND ABORT (SPC-5, 5.14.11.5) through whole sessions: the loser's tasks end, and none reaches the volume later.</summary>
public sealed class PreemptAndAbortTests
{
    private const int Register = 0;
    private const int Reserve = 1;
    private const int PreemptAndAbort = 5;
    private const int WriteExclusiveRegistrantsOnly = 5;

    private static readonly byte[] _testUnitReady = new byte[6];

    private static readonly TargetConfiguration _configuration = TargetRig.Open with
    {
        Luns = [new LunMapping(0, "v0"), new LunMapping(1, "v1")],
    };

    [Test]
    public void The_losers_tasks_end_without_an_answer_and_their_owner_learns_it()
    {
        var volume = new MemoryVolume("v0", 1 << 20);
        var otherVolume = new MemoryVolume("v1", 1 << 20, id: 2);
        using var rig = new TargetRig(configuration: _configuration, makeDevice: server => MakeDevice(server, volume, otherVolume));
        rig.Run(async () =>
        {
            var winner = await rig.LogInAsync();
            var loser = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:loser" }
                .With(("ImmediateData", "Yes"), ("InitialR2T", "Yes")));
            await ClearAsync(winner);
            await ClearAsync(loser);
            await OutAsync(winner, Register, 0, 1);
            await OutAsync(loser, Register, 0, 2);
            await OutAsync(loser, Reserve, 2, 0);

            // One of the loser's writes is with the volume, one waits for its data, one is about another logical unit.
            volume.IsHeld = true;
            otherVolume.IsHeld = true;
            var running = loser.Start(TestInitiator.Write10(0, 1), Filled(0xAA), expectedLength: 512, isWrite: true);
            var waiting = loser.Start(
                TestInitiator.Write10(8, 1), Filled(0xBB), expectedLength: 512, isWrite: true, immediate: 0, keepsRequests: true);
            var elsewhere = loser.Start(TestInitiator.Write10(16, 1), Filled(0xCC), lun: 1, expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => waiting.Requests.Count == 1 && volume.Log.Count == 1 && otherVolume.Log.Count == 1);

            var preempt = StartOut(winner, PreemptAndAbort, 1, 2);
            Assert.That(await winner.IsSilentAsync(100_000_000), "a write of the loser is still with the volume");
            await rig.OnServerAsync(volume.Release);
            Assert.That((await preempt.Completion).Status, Is.EqualTo(ScsiStatus.Good));

            // The data of the aborted command comes all the same, and goes nowhere.
            loser.AnswerRequest(waiting, waiting.Requests[0].AsReadyToTransfer());
            var told = new[] { await SenseAsync(loser), await SenseAsync(loser) };
            Assert.That(told, Is.EquivalentTo(new[] { "06/2A/05", "06/2F/00" }));
            Assert.That(running.IsDone || waiting.IsDone, Is.False, "aborted tasks have no response");
            Assert.That(elsewhere.IsDone, Is.False);
            await rig.OnServerAsync(otherVolume.Release);
            Assert.That((await elsewhere.Completion).Status, Is.EqualTo(ScsiStatus.Good), "other logical units are not concerned");
            Assert.That(
                (await loser.WriteAsync(TestInitiator.Write10(24, 1), Filled(0xDD))).Status, Is.EqualTo(ScsiStatus.ReservationConflict));
            await winner.CloseAsync();
            await loser.CloseAsync();
        });
        Assert.That(volume.Log, Is.EqualTo(new[] { "write 0+512" }));
    }

    [Test]
    public void Who_preempts_itself_keeps_this_one_command()
    {
        var volume = new MemoryVolume("v0", 1 << 20);
        using var rig = new TargetRig(
            configuration: _configuration, makeDevice: server => MakeDevice(server, volume, new MemoryVolume("v1", 1 << 20, id: 2)));
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            await ClearAsync(initiator);
            await OutAsync(initiator, Register, 0, 1);
            await OutAsync(initiator, Reserve, 1, 0);
            volume.IsHeld = true;
            var write = initiator.Start(TestInitiator.Write10(0, 1), Filled(1), expectedLength: 512, isWrite: true);
            await rig.UntilAsync(() => volume.Log.Count == 1);
            var preempt = StartOut(initiator, PreemptAndAbort, 1, 1);
            await rig.Client.DelayAsync(50_000_000);
            await rig.OnServerAsync(volume.Release);
            Assert.That((await preempt.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That((await initiator.RunAsync(_testUnitReady)).Status, Is.EqualTo(ScsiStatus.Good), "nothing to report to itself");
            _ = write;
            await initiator.CloseAsync();
        });
    }

    private static ScsiDevice MakeDevice(Uss.Runtime.Reactor server, params MemoryVolume[] volumes)
    {
        var device = new ScsiDevice(server.Buffers);
        device.ApplyConfiguration(_configuration, name => volumes.FirstOrDefault(volume => volume.Name == name));
        return device;
    }

    private static byte[] Filled(byte value)
    {
        var data = new byte[512];
        data.AsSpan().Fill(value);
        return data;
    }

    private static async ValueTask ClearAsync(TestInitiator initiator)
    {
        for (var lun = 0; lun < 2; lun++)
        {
            while ((await initiator.RunAsync(_testUnitReady, lun)).Status != ScsiStatus.Good)
            {
                // Power on.
            }
        }
    }

    private static async ValueTask<string> SenseAsync(TestInitiator initiator) => (await initiator.RunAsync(_testUnitReady)).SenseText;

    private static async ValueTask OutAsync(TestInitiator initiator, int action, ulong key, ulong actionKey) =>
        Assert.That((await StartOut(initiator, action, key, actionKey).Completion).Status, Is.EqualTo(ScsiStatus.Good));

    private static TestCommand StartOut(TestInitiator initiator, int action, ulong key, ulong actionKey)
    {
        var list = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(list, key);
        BinaryPrimitives.WriteUInt64BigEndian(list.AsSpan(8), actionKey);
        byte[] cdb = [0x5F, (byte)action, WriteExclusiveRegistrantsOnly, 0, 0, 0, 0, 0, 24, 0];
        return initiator.Start(cdb, list, expectedLength: 24, isWrite: true);
    }
}
