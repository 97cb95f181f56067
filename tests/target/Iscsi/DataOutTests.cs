using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Data-out that comes as it should not (RFC 7143, 7.8, 7.9 and 11.4.7.2), and R2Ts.</summary>
public sealed class DataOutTests
{
    private const string DataLost = "0B/47/05";
    private const string IncorrectAmount = "0B/0C/0D";
    private const string Unexpected = "0B/0C/0C";

    [Test]
    public void R2Ts_ask_for_bursts_in_order()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(
                ("MaxBurstLength", "1024"), ("MaxOutstandingR2T", "3"), ("ImmediateData", "No"), ("InitialR2T", "Yes")));
            var data = SessionTests.Pattern(10 * 512, 5);
            var write = initiator.Start(TestInitiator.Write10(0, 10), data, expectedLength: 5120, isWrite: true, keepsRequests: true);
            await rig.UntilAsync(() => write.Requests.Count == 3);
            Assert.That(await initiator.IsSilentAsync(10_000_000), "no more than MaxOutstandingR2T");
            for (var i = 0; i < 5; i++)
            {
                await rig.UntilAsync(() => write.Requests.Count > i);
                var request = write.Requests[i].AsReadyToTransfer();
                Assert.That(request.R2TSn, Is.EqualTo((uint)i));
                Assert.That(request.BufferOffset, Is.EqualTo((uint)i * 1024));
                Assert.That(request.DesiredDataTransferLength, Is.EqualTo(1024u));
                initiator.AnswerRequest(write, request);
            }

            Assert.That((await write.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(write.Requests, Has.Count.EqualTo(5));
            Assert.That(write.Requests.Select(request => request.AsReadyToTransfer().TargetTransferTag).Distinct().Count(), Is.EqualTo(3));
            Assert.That(write.Pdus[^1].AsResponse().ExpDataSn, Is.EqualTo(5u));
            Assert.That(rig.Fake.Media.AsSpan(0, data.Length).SequenceEqual(data));
            await initiator.CloseAsync();
        });
    }

    // Solicited 2048 bytes as two PDUs; each case does one thing wrong.
    [TestCase(5u, 0, 1024, 1u, 1024, DataLost, TestName = "A DataSN out of order")]
    [TestCase(0u, 512, 1024, 1u, 1024, DataLost, TestName = "An offset out of order")]
    [TestCase(0u, 0, 1024, 0u, 1024, DataLost, TestName = "A DataSN twice")]
    [TestCase(0u, 0, 512, 1u, 512, IncorrectAmount, TestName = "Too little data")]
    [TestCase(0u, 0, 2048, 1u, 512, IncorrectAmount, TestName = "Too much data")]
    public void Wrong_solicited_data_ends_the_command(uint firstSn, int firstOffset, int firstLength, uint secondSn, int secondLength,
        string sense)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", "No"), ("InitialR2T", "Yes")));
            var data = SessionTests.Pattern(4096, 5);
            var write = initiator.Start(TestInitiator.Write10(0, 4), data, expectedLength: 2048, isWrite: true, keepsRequests: true);
            await rig.UntilAsync(() => write.Requests.Count == 1);
            var tag = write.Requests[0].AsReadyToTransfer().TargetTransferTag;
            initiator.SendDataOut(write, tag, firstSn, firstOffset, data.AsSpan(0, firstLength), isFinal: false);
            initiator.SendDataOut(write, tag, secondSn, firstLength, data.AsSpan(0, secondLength), isFinal: true);
            await write.Completion;
            Assert.That(write.Status, Is.EqualTo(ScsiStatus.CheckCondition));
            Assert.That(write.SenseText, Is.EqualTo(sense));
            Assert.That(write.Residual, Is.EqualTo(2048));
            Assert.That((await initiator.WriteAsync(TestInitiator.Write10(9, 1), new byte[512])).Status, Is.EqualTo(ScsiStatus.Good),
                "the session goes on");
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "2A 9" }), "nothing of it reached the device");
    }

    [Test]
    public void Unsolicited_data_must_fill_the_first_burst()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("FirstBurstLength", "1024"), ("ImmediateData", "No")));
            var data = SessionTests.Pattern(4096, 5);
            var write = initiator.Start(TestInitiator.Write10(0, 8), data, expectedLength: 4096, isWrite: true, unsolicited: 512);
            Assert.That((await write.Completion).SenseText, Is.EqualTo(IncorrectAmount));
            write = initiator.Start(TestInitiator.Write10(0, 8), data, expectedLength: 4096, isWrite: true, unsolicited: 2048);
            Assert.That((await write.Completion).SenseText, Is.EqualTo(IncorrectAmount));
            write = initiator.Start(TestInitiator.Write10(0, 8), data, expectedLength: 4096, isWrite: true, unsolicited: 1024);
            Assert.That((await write.Completion).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [TestCase("No", "Yes", 512, 0, TestName = "Immediate data that was not agreed on")]
    [TestCase("Yes", "Yes", 0, 512, TestName = "Unsolicited data that was not agreed on")]
    public void Data_that_was_not_agreed_on_ends_the_command(string immediateData, string initialR2T, int immediate, int unsolicited)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("ImmediateData", immediateData), ("InitialR2T", initialR2T)));
            var write = initiator.Start(
                TestInitiator.Write10(0, 1), new byte[512], expectedLength: 512, isWrite: true, immediate: immediate,
                    unsolicited: unsolicited);
            Assert.That((await write.Completion).SenseText, Is.EqualTo(Unexpected));
            Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.EqualTo(new[] { "00 0" }));
    }

    [Test]
    public void Immediate_data_longer_than_expected_ends_the_command()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var write = initiator.Start(
                TestInitiator.Write10(0, 1), new byte[1024], expectedLength: 512, isWrite: true, immediate: 1024, unsolicited: 0);
            Assert.That((await write.Completion).SenseText, Is.EqualTo(IncorrectAmount));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Data_for_no_task_is_rejected()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var stray = new TestCommand { Tag = 77 };
            initiator.SendDataOut(stray, 0x1234, 0, 0, new byte[512], isFinal: true);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.InvalidPduField));
            initiator.SendDataOut(stray, BasicHeader.NoTag, 0, 0, new byte[512], isFinal: true);
            var reject = (await initiator.ReceiveAsync())!;
            Assert.That(reject.AsReject().Reason, Is.EqualTo((byte)RejectReason.InvalidPduField));
            Assert.That(BasicHeader.InitiatorTaskTag(reject.Data), Is.EqualTo(77u), "the header of the rejected PDU comes back");
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_spoiled_data_out_is_rejected_and_ends_its_command_once_all_came()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(
                ("ImmediateData", "No"), ("InitialR2T", "Yes"), ("DataDigest", "CRC32C"), ("HeaderDigest", "CRC32C")));
            var data = SessionTests.Pattern(1024, 5);
            var write = initiator.Start(TestInitiator.Write10(0, 2), data, expectedLength: 1024, isWrite: true, keepsRequests: true);
            await rig.UntilAsync(() => write.Requests.Count == 1);
            var tag = write.Requests[0].AsReadyToTransfer().TargetTransferTag;
            initiator.SendDataOut(write, tag, 0, 0, data.AsSpan(0, 512), isFinal: false, spoilDataDigest: true);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.DataDigestError));
            Assert.That(write.IsDone, Is.False, "all data must come first");
            initiator.SendDataOut(write, tag, 1, 512, data.AsSpan(512, 512), isFinal: true);
            Assert.That((await write.Completion).SenseText, Is.EqualTo(DataLost));
            Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_spoiled_command_ends_the_session()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("DataDigest", "CRC32C")));
            Span<byte> header = stackalloc byte[BasicHeader.Size];
            new ScsiRequest
            {
                IsFinal = true,
                IsWrite = true,
                InitiatorTaskTag = 5,
                ExpectedDataTransferLength = 512,
                CmdSn = initiator.CmdSn,
                Cdb = (UInt128)0x2A00_0000_0000_0000 << 64 | (UInt128)1 << 56,
            }.Write(header);
            initiator.Send(header, new byte[512], spoilDataDigest: true);
            var rest = await initiator.ReceiveToEndAsync();
            Assert.That(rest.Single().AsReject().Reason, Is.EqualTo((byte)RejectReason.DataDigestError));
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.Empty);
        Assert.That(rig.Events.Lines[^1], Does.EndWith("a data digest is wrong"));
    }

    [Test]
    public void A_spoiled_header_ends_the_connection()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(new TestLogin().With(("HeaderDigest", "CRC32C")));
            initiator.SendRaw(new byte[BasicHeader.Size + 4]);
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines[^1], Does.EndWith("a header digest is wrong"));
    }
}
