using System.Net;
using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using Uss.Target.Tests.Scsi;
using Uss.Target.Tests.Support;
using Uss.TestSupport;

namespace Uss.Target.Tests.Iscsi;

/// <summary>Sessions over real sockets on the real reactors, with the real SCSI device.</summary>
public sealed class LoopbackTests
{
    private const int Depth = 32;
    private const int Operations = 100_000;

    // The target's clock ticks twice a second, each time with a new timer; nothing else may allocate.
    private const long ToleranceBytes = 64 << 10;

    [TestCase("io_uring")]
    [TestCase("portable")]
    public Task What_is_written_is_read_again(string kind) => Run(kind, new MemoryVolume("v0", 64 << 20), async (reactor, portal) =>
    {
        var initiator = await TestInitiator.LogInAsync(reactor, portal, new TestLogin().With(("MaxBurstLength", "1048576")));

        // The power-on unit attention.
        Assert.That((await initiator.RunAsync(new byte[6])).SenseText, Is.EqualTo("06/29/01").Or.EqualTo("06/29/00"));
        foreach (var blocks in new[] { 1, 8, 512, 4096, 16384 })
        {
            var data = SessionTests.Pattern(blocks * 512, blocks);
            Assert.That((await initiator.WriteAsync(TestInitiator.Write10(8, blocks), data)).Status, Is.EqualTo(ScsiStatus.Good));
            var read = await initiator.ReadAsync(TestInitiator.Read10(8, blocks), data.Length);
            Assert.That(read.Status, Is.EqualTo(ScsiStatus.Good));
            Assert.That(read.DataIn.AsSpan().SequenceEqual(data));
        }

        Assert.That(await initiator.LogoutAsync(), Is.Zero);
        await initiator.CloseAsync();
    });

    [TestCase(false)]
    [TestCase(true)]
    [Category("Full")]
    public Task Small_commands_allocate_nothing(bool isWrite) =>
        Run("io_uring", new MemoryVolume("v0", 1 << 20) { IsLogging = false }, (reactor, portal) => HammerAsync(reactor, portal, isWrite));

    private static Task Run(string kind, MemoryVolume volume, Func<Reactor, Endpoint, ValueTask> body) => ReactorTest.Run(
        options => ReactorFactory.Create(options, kind).Value.Reactor,
        new ReactorOptions(),
        async reactor =>
        {
            var configuration = new TargetConfiguration
            {
                Iqn = TargetRig.TargetName,
                OpenOnLoopback = true,
                Luns = [new LunMapping(0, volume.Name)],
            };
            var device = new ScsiDevice(reactor.Buffers);
            device.ApplyConfiguration(configuration, _ => volume);
            var target = new IscsiTarget(new IscsiTargetOptions(), configuration, device);
            await body(reactor, target.Listen(new Endpoint(IPAddress.Loopback, 0)).Value);
            Assert.That(await target.StopAsync());
        });

    // An initiator without any convenience: one buffer with 32 commands, one for 32 answers.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask HammerAsync(Reactor reactor, Endpoint portal, bool isWrite)
    {
        const int Length = 4096;
        var connection = (await reactor.ConnectAsync(portal)).Value!;
        var requests = reactor.Buffers.Rent(Depth * (BasicHeader.Size + Length));
        var answers = reactor.Buffers.Rent(Depth * (BasicHeader.Size + Length));
        using var vector = new SendVector(1);
        vector.Add(requests.Slice(0, WriteLogin(requests.Slice().Span)));
        await connection.SendAsync(vector);
        vector.Clear();
        await connection.ReceiveExactlyAsync(answers.Slice(0, BasicHeader.Size));
        var text = BasicHeader.DataSegmentLength(answers.Slice(0, BasicHeader.Size).Span);
        await connection.ReceiveExactlyAsync(answers.Slice(0, text + BasicHeader.PaddingOf(text)));

        // The first command takes the unit attention: an answer of its own length.
        uint cmdSn = 1;
        vector.Add(requests.Slice(0, WriteCommand(requests.Slice().Span, 0, cmdSn++, isWrite: false, 0)));
        await connection.SendAsync(vector);
        vector.Clear();
        await connection.ReceiveExactlyAsync(answers.Slice(0, BasicHeader.Size));
        text = BasicHeader.DataSegmentLength(answers.Slice(0, BasicHeader.Size).Span);
        await connection.ReceiveExactlyAsync(answers.Slice(0, text + BasicHeader.PaddingOf(text)));

        var before = 0L;
        var answerLength = Depth * (BasicHeader.Size + (isWrite ? 0 : Length));
        for (var i = 0; i < 2 * Operations / Depth; i++)
        {
            if (i == Operations / Depth)
                before = GC.GetAllocatedBytesForCurrentThread();
            var used = 0;
            for (uint tag = 0; tag < Depth; tag++)
                used += WriteCommand(requests.Slice().Span[used..], tag, cmdSn++, isWrite, Length);
            vector.Add(requests.Slice(0, used));
            await connection.SendAsync(vector);
            vector.Clear();
            var received = await connection.ReceiveExactlyAsync(answers.Slice(0, answerLength));
            if (received.Value != answerLength || answers.Slice(0, 4).Span[3] != 0)
                Assert.Fail($"turn {i}: {received}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        requests.Release();
        answers.Release();
        await connection.CloseAsync();
        Assert.That(allocated, Is.LessThan(ToleranceBytes), $"bytes in {Operations} commands");
    }

    private static int WriteLogin(Span<byte> target)
    {
        var text = System.Text.Encoding.ASCII.GetBytes(
            $"InitiatorName=iqn.2026-11.test:a\0TargetName={TargetRig.TargetName}\0InitialR2T=No\0MaxRecvDataSegmentLength=262144\0");
        new LoginRequest
        {
            IsTransit = true,
            CurrentStage = LoginStage.Operational,
            NextStage = LoginStage.FullFeature,
            CmdSn = 1,
            DataSegmentLength = text.Length,
        }.Write(target);
        text.CopyTo(target[BasicHeader.Size..]);
        var padded = text.Length + BasicHeader.PaddingOf(text.Length);
        target[(BasicHeader.Size + text.Length)..(BasicHeader.Size + padded)].Clear();
        return BasicHeader.Size + padded;
    }

    private static int WriteCommand(Span<byte> target, uint tag, uint cmdSn, bool isWrite, int length)
    {
        var opcode = length == 0 ? 0u : isWrite ? 0x2Au : 0x28u;
        new ScsiRequest
        {
            IsFinal = true,
            IsRead = length > 0 && !isWrite,
            IsWrite = isWrite,
            InitiatorTaskTag = tag,
            ExpectedDataTransferLength = (uint)length,
            CmdSn = cmdSn,
            Cdb = ((UInt128)opcode << 120) | ((UInt128)(tag * 8) << 80) | ((UInt128)(length / 512) << 56),
            DataSegmentLength = isWrite ? length : 0,
        }.Write(target);
        return BasicHeader.Size + (isWrite ? length : 0);
    }
}
