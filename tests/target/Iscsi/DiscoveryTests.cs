using System.Net;
using Uss.Runtime;
using Uss.Target.Iscsi;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Text requests and discovery (RFC 7143, 11.10, 11.11 and appendix C).</summary>
public sealed class DiscoveryTests
{
    private static TestLogin Discovery => new TestLogin
    {
        IsDiscovery = true,
        Keys = new Dictionary<string, string> { ["MaxRecvDataSegmentLength"] = "8192" },
    };

    [TestCase("All")]
    [TestCase(TargetRig.TargetName)]
    [TestCase("iqn.2026-11.LOCAL.uss:default")]
    public void A_discovery_session_is_told_the_target(string value)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(Discovery);
            var answer = (await initiator.TextAsync($"SendTargets={value}\0"))!;
            Assert.Multiple(() =>
            {
                Assert.That(answer.AsText().IsFinal);
                Assert.That(answer.AsText().TargetTransferTag, Is.EqualTo(BasicHeader.NoTag));
                Assert.That(answer.Keys()["TargetName"], Is.EqualTo(TargetRig.TargetName));
                Assert.That(answer.Keys()["TargetAddress"], Is.EqualTo(rig.Portal + ",1"));
            });
            Assert.That(await initiator.LogoutAsync(), Is.Zero);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Nexuses, Is.Empty, "a discovery session has no nexus");
    }

    [Test]
    public void An_unknown_name_has_no_answer()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(Discovery);
            Assert.That((await initiator.TextAsync("SendTargets=iqn.2026-11.local.uss:other\0"))!.Data, Is.Empty);
            Assert.That((await initiator.TextAsync("SendTargets=\0"))!.Keys()["SendTargets"], Is.EqualTo("Reject"));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_normal_session_is_told_its_own_target_only()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            Assert.That((await initiator.TextAsync("SendTargets=\0"))!.Keys()["TargetName"], Is.EqualTo(TargetRig.TargetName));
            Assert.That((await initiator.TextAsync($"SendTargets={TargetRig.TargetName}\0"))!.Keys(), Does.ContainKey("TargetAddress"));
            Assert.That((await initiator.TextAsync("SendTargets=All\0"))!.Keys()["SendTargets"], Is.EqualTo("Reject"));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void All_reachable_portals_are_told()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            await rig.OnServerAsync(() =>
            {
                rig.Target.Listen(new Endpoint(IPAddress.Any, 3261));
                rig.Target.Listen(new Endpoint(IPAddress.Loopback, 3262));
            });
            var initiator = await rig.LogInAsync(Discovery);
            var text = System.Text.Encoding.ASCII.GetString((await initiator.TextAsync("SendTargets=All\0"))!.Data);
            var address = rig.Server.Host.Address;
            Assert.That(text, Is.EqualTo(
                $"TargetName={TargetRig.TargetName}\0TargetAddress={address}:3260,1\0TargetAddress={address}:3261,1\0"));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Other_requests_are_rejected_in_a_discovery_session()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(Discovery);
            initiator.Start(new byte[6]);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.CommandNotSupported));
            initiator.SendManagement(6);
            Assert.That((await initiator.ReceiveAsync())!.AsReject().Reason, Is.EqualTo((byte)RejectReason.CommandNotSupported));
            Assert.That((await initiator.TextAsync("SendTargets=All\0"))!.Keys(), Has.Count.EqualTo(2), "the order goes on");
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.Empty);
    }

    [Test]
    public void A_long_answer_comes_in_pieces()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            await rig.OnServerAsync(() =>
            {
                for (var port = 4000; port < 4040; port++)
                    rig.Target.Listen(new Endpoint(IPAddress.Any, port));
            });
            var initiator = await rig.LogInAsync(Discovery.With(("MaxRecvDataSegmentLength", "512")));
            var answer = (await initiator.TextAsync("SendTargets=All\0"))!;
            var all = new List<byte>();
            while (answer.AsText().IsContinued)
            {
                Assert.That(answer.Data, Has.Length.EqualTo(512));
                Assert.That(answer.AsText().IsFinal, Is.False);
                all.AddRange(answer.Data);
                answer = (await initiator.TextAsync("", answer.AsText().TargetTransferTag))!;
            }

            all.AddRange(answer.Data);
            Assert.That(answer.AsText().IsFinal);
            var pairs = new List<KeyValuePair<string, string>>();
            Assert.That(TextKeys.TryParse(all.ToArray(), pairs, out var problem), problem);
            Assert.That(pairs, Has.Count.EqualTo(42));
            Assert.That((await initiator.TextAsync("", answer.AsText().TargetTransferTag + 1))!.Opcode, Is.EqualTo(Opcode.Reject));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void A_long_request_may_come_in_pieces()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(Discovery);
            var first = (await initiator.TextAsync("SendTa", isFinal: false, isContinued: true))!.AsText();
            Assert.That(first.IsFinal, Is.False);
            Assert.That(first.DataSegmentLength, Is.Zero);
            var second = (await initiator.TextAsync("rgets=All\0", first.TargetTransferTag))!;
            Assert.That(second.Keys()["TargetName"], Is.EqualTo(TargetRig.TargetName));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Keys_of_the_login_and_unknown_ones_change_nothing()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var keys = (await initiator.TextAsync("MaxBurstLength=512\0X-a=1\0TargetName=x\0"))!.Keys();
            Assert.That(keys, Is.EquivalentTo(new Dictionary<string, string>
            {
                ["MaxBurstLength"] = "Reject",
                ["X-a"] = "NotUnderstood",
                ["TargetName"] = "Reject",
            }));
            Assert.That((await initiator.TextAsync("MaxRecvDataSegmentLength=512\0"))!.Data, Is.Empty);
            var read = await initiator.ReadAsync(TestInitiator.Read10(0, 4), 2048);
            Assert.That(read.Pdus, Has.Count.EqualTo(4), "the new length holds");
            Assert.That((await initiator.TextAsync("A=1\0A=2\0"))!.AsReject().Reason, Is.EqualTo((byte)RejectReason.ProtocolError));
            Assert.That((await initiator.TextAsync("rubbish"))!.AsReject().Reason, Is.EqualTo((byte)RejectReason.ProtocolError));
            Assert.That((await initiator.TextAsync(new string('x', 17000)))!.AsReject().Reason,
                Is.EqualTo((byte)RejectReason.LongOperationReject));
            Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(Uss.Target.Scsi.ScsiStatus.Good));
            await initiator.CloseAsync();
        });
    }

    [Test]
    public void Idle_discovery_sessions_are_closed()
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync(Discovery);
            var started = rig.World.NowNs;
            await initiator.ReceiveToEndAsync();
            Assert.That(rig.World.NowNs - started, Is.InRange(60_000_000_000, 62_000_000_000));
            Assert.That(initiator.Pings, Is.Zero);
            await initiator.CloseAsync();
        });
    }
}
