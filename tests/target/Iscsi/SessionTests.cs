using Uss.Runtime;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Whole sessions: login, reading, writing, logout.</summary>
public sealed class SessionTests
{
    [Test]
    public void What_is_written_is_read_again()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var data = Pattern(8 * 512, 1);
            var write = await initiator.WriteAsync(TestInitiator.Write10(16, 8), data);
            Assert.That(write.Status, Is.EqualTo(ScsiStatus.Good));
            var read = await initiator.ReadAsync(TestInitiator.Read10(16, 8), data.Length);
            Assert.That(read.Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(read.DataIn, Is.EqualTo(data));
            Assert.That(read.Pdus, Has.Count.EqualTo(1), "the status travels in the last Data-In");
            Assert.That(await initiator.LogoutAsync(), Is.Zero);
            Assert.That(await initiator.ReceiveAsync(), Is.Null);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines, Is.EqualTo(new[]
        {
            "in iqn.2026-11.test:initiator",
            "out iqn.2026-11.test:initiator: the initiator logged out",
        }));
    }

    [TestCase("No", "Yes", 262144)]
    [TestCase("No", "No", 262144)]
    [TestCase("Yes", "Yes", 262144)]
    [TestCase("Yes", "No", 262144)]
    [TestCase("No", "Yes", 4096)]
    public void Data_moves_in_all_ways(string initialR2T, string immediateData, int firstBurst)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var login = new TestLogin().With(
                ("InitialR2T", initialR2T),
                ("ImmediateData", immediateData),
                ("FirstBurstLength", firstBurst.ToString()),
                ("MaxBurstLength", "65536"),
                ("MaxOutstandingR2T", "4"),
                ("MaxRecvDataSegmentLength", "20000"),
                ("HeaderDigest", "CRC32C"),
                ("DataDigest", "CRC32C"));
            var initiator = await rig.LogInAsync(login);
            foreach (var blocks in new[] { 1, 8, 127, 500, 2048 })
            {
                var data = Pattern(blocks * 512, blocks);
                var write = await initiator.WriteAsync(TestInitiator.Write10(7, blocks), data);
                Assert.That(write.Status, Is.EqualTo(ScsiStatus.Good), write.SenseText);
                var read = await initiator.ReadAsync(TestInitiator.Read10(7, blocks), data.Length);
                Assert.That(read.DataIn.AsSpan().SequenceEqual(data));
                Assert.That(read.Residual, Is.Zero);
            }

            await initiator.CloseAsync();
        });
    }

    internal static byte[] Pattern(int length, int seed)
    {
        var data = new byte[length];
        new SeededRandom((ulong)seed).Fill(data);
        return data;
    }
}
