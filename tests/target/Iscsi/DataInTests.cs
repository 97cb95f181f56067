using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Data-In PDUs: segments, sequences, numbers, and the status in the last one (RFC 7143, 11.7).</summary>
public sealed class DataInTests
{
    [TestCase(8192, 262144, 16)]
    [TestCase(8192, 262144, 2048)]
    [TestCase(1024, 4096, 100)]
    [TestCase(1000, 2500, 9)]
    [TestCase(512, 512, 3)]
    [TestCase(262144, 16776192, 8192)]
    public void Segments_and_sequences_keep_their_limits(int segment, int burst, int blocks)
    {
        using var rig = new TargetRig();
        var data = SessionTests.Pattern(blocks * 512, blocks);
        data.CopyTo(rig.Fake.Media, 0);
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(
                ("MaxRecvDataSegmentLength", segment.ToString()), ("MaxBurstLength", burst.ToString()), ("DataDigest", "CRC32C")));
            var read = await initiator.ReadAsync(TestInitiator.Read10(0, blocks), data.Length);
            Assert.That(read.DataIn.AsSpan().SequenceEqual(data));
            var inBurst = 0;
            for (var i = 0; i < read.Pdus.Count; i++)
            {
                var pdu = read.Pdus[i].AsDataIn();
                var isLast = i == read.Pdus.Count - 1;
                Assert.That(pdu.DataSn, Is.EqualTo((uint)i));
                Assert.That(pdu.DataSegmentLength, Is.LessThanOrEqualTo(segment));
                Assert.That(pdu.HasStatus, Is.EqualTo(isLast));
                Assert.That(pdu.TargetTransferTag, Is.EqualTo(0xFFFFFFFF));
                inBurst += pdu.DataSegmentLength;
                Assert.That(inBurst, Is.LessThanOrEqualTo(burst));
                Assert.That(pdu.IsFinal, Is.EqualTo(isLast || inBurst == burst));
                if (pdu.IsFinal)
                    inBurst = 0;
            }

            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Status_numbers_count_one_by_one()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("MaxRecvDataSegmentLength", "512")));
            var first = await initiator.ReadAsync(TestInitiator.Read10(0, 4), 2048);
            var second = await initiator.RunAsync([0xFF, 0, 0, 0, 0, 0]);
            var third = await initiator.ReadAsync(TestInitiator.Read10(0, 4), 2048);
            Assert.That(second.Pdus[0].StatSn, Is.EqualTo(first.Pdus[^1].StatSn + 1));
            Assert.That(third.Pdus[^1].StatSn, Is.EqualTo(second.Pdus[0].StatSn + 1));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Many_commands_answer_in_one_send_each_turn()
    {
        using var rig = new TargetRig();
        rig.Fake.IsHeld = true;
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var reads = Enumerable.Range(0, 100).Select(i => initiator.Start(TestInitiator.Read10((uint)i, 8), expectedLength: 4096,
                isRead: true)).ToList();
            await rig.UntilAsync(() => rig.Fake.HeldCount == 100);
            await rig.OnServerAsync(() => rig.Fake.Release());
            foreach (var read in reads)
                Assert.That((await read.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Target.Sends, Is.LessThanOrEqualTo(6), "login, and one send for all answers");
    }
}
