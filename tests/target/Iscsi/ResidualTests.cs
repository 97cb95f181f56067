using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Residual counts (RFC 7143, 11.4.5): what the command moves against what the initiator expects.</summary>
public sealed class ResidualTests
{
    // Residuals: positive for underflow, negative for overflow.
    [TestCase(1, 512u, 0, 512)]
    [TestCase(1, 1024u, 512, 512)]
    [TestCase(2, 512u, -512, 512)]
    [TestCase(2, 100u, -924, 100)]
    [TestCase(1, 0u, -512, 0)]
    [TestCase(0, 512u, 512, 0)]
    [TestCase(1, 16_777_216u, 16_776_704, 512)]
    [TestCase(1, 0xFFFF_FFFFu, 0xFFFF_FFFFL - 512, 512)]
    public void Reads(int blocks, uint expected, long residual, int moved)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var read = await initiator.Start(TestInitiator.Read10(0, blocks), expectedLength: expected, isRead: true).Completion;
            Assert.Multiple(() =>
            {
                Assert.That(read.Status, Is.EqualTo(ScsiStatus.Good));
                Assert.That(read.Residual, Is.EqualTo(residual));
                Assert.That(read.DataIn, Has.Length.EqualTo(moved));
            });
            await initiator.CloseAsync();
        });
    }

    [TestCase(2, 1024u, 0, 2)]
    [TestCase(1, 1024u, 512, 1)]
    [TestCase(2, 512u, -512, 1)]
    [TestCase(1, 0u, -512, 0)]
    [TestCase(0, 512u, 512, 0)]
    [TestCase(1, 300_000u, 299_488, 1)]
    public void Writes(int blocks, uint expected, long residual, int blocksMoved)
    {
        foreach (var immediate in new[] { "Yes", "No" })
        {
            foreach (var initialR2T in new[] { "Yes", "No" })
            {
                using var rig = new TargetRig();
                var data = SessionTests.Pattern((int)expected, 3);
                rig.Run(async () =>
                {
                    var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", immediate), ("InitialR2T", initialR2T)));
                    var write = await initiator.Start(TestInitiator.Write10(0, blocks), data, expectedLength: expected, isWrite: true)
                        .Completion;
                    Assert.That(write.Status, Is.EqualTo(ScsiStatus.Good), write.SenseText);
                    Assert.That(write.Residual, Is.EqualTo(residual));
                    await initiator.CloseAsync();
                });
                Assert.That(rig.Fake.Media.AsSpan(0, blocksMoved * 512).SequenceEqual(data.AsSpan(0, blocksMoved * 512)));
                Assert.That(rig.Fake.Media.AsSpan(blocksMoved * 512, 512).ContainsAnyExcept((byte)0), Is.False);
            }
        }
    }

    [TestCase(96, 255, 255u, 159)]
    [TestCase(36, 36, 36u, 0)]
    [TestCase(96, 96, 36u, -60)]
    public void Allocation_lengths_count(int actual, int allocation, uint expected, long residual)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            byte[] cdb = [0x12, 0, 0, 0, (byte)allocation, 0];
            var inquiry = await initiator.Start(cdb, expectedLength: expected, isRead: true).Completion;
            Assert.That(inquiry.Residual, Is.EqualTo(residual));
            Assert.That(inquiry.DataIn, Has.Length.EqualTo(Math.Min(actual, (int)expected)));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Commands_that_fail_move_nothing()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var unknown = await initiator.Start([0xFF, 0, 0, 0, 0, 0], expectedLength: 512, isRead: true).Completion;
            Assert.That(unknown.Status, Is.EqualTo(ScsiStatus.CheckCondition));
            Assert.That(unknown.SenseText, Is.EqualTo("05/20/00"));
            Assert.That(unknown.Residual, Is.EqualTo(512));
            Assert.That(unknown.Pdus[^1].AsResponse().ExpDataSn, Is.Zero);
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Directions_that_do_not_fit_move_nothing()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();

            // A read that is announced as a write: what is sent is not used.
            var write = await initiator.WriteAsync(TestInitiator.Read10(0, 1), new byte[512]);
            Assert.That(write.DataIn, Is.Empty);
            Assert.That(write.Residual, Is.EqualTo(512));

            // A write that is announced as a read.
            var read = await initiator.ReadAsync(TestInitiator.Write10(0, 1), 512);
            Assert.That(read.DataIn, Is.Empty);
            Assert.That(read.Residual, Is.EqualTo(512));

            // A read that is announced without data.
            var none = await initiator.RunAsync(TestInitiator.Read10(0, 1));
            Assert.That(none.DataIn, Is.Empty);
            Assert.That(none.Residual, Is.EqualTo(-512));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Bidirectional_commands_are_refused_with_both_residuals()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();

            // AHS: length 5, type 2, expected read length 4096.
            byte[] additional = [0, 5, 2, 0, 0, 0, 0x10, 0];
            var command = await initiator.Start(
                TestInitiator.Write10(0, 1), expectedLength: 512, isRead: true, isWrite: true, additional: additional, immediate: 0,
                    unsolicited: 0).Completion;
            Assert.That(command.Status, Is.EqualTo(ScsiStatus.CheckCondition));
            Assert.That(command.SenseText, Is.EqualTo("05/0E/03"));
            var response = command.Pdus[^1].AsResponse();
            Assert.Multiple(() =>
            {
                Assert.That(response.IsUnderflow);
                Assert.That(response.Residual, Is.EqualTo(512u));
                Assert.That(response.IsBidirectionalReadUnderflow);
                Assert.That(response.BidirectionalReadResidual, Is.EqualTo(4096u));
            });
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.Empty);
    }

    [Test]
    public void Transfers_beyond_the_largest_are_refused()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var command = initiator.Start(
                TestInitiator.Write10(0, 40000), new byte[262144], expectedLength: 40000 * 512, isWrite: true, immediate: 262144,
                    unsolicited: 0);
            await command.Completion;
            Assert.That(command.SenseText, Is.EqualTo("05/24/00"));
            Assert.That(command.Requests, Is.Empty);
            await initiator.CloseAsync();
        });
    }
}
