using Uss.Runtime;
using Uss.Runtime.Simulated;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;

namespace Uss.Target.Tests.Support;

/// <summary>A target on one simulated reactor and initiators on another; at the end nothing may be left over.</summary>
internal sealed class TargetRig : IDisposable
{
    public const string TargetName = "iqn.2026-11.local.uss:default";

    public TargetRig(
        IscsiTargetOptions? options = null,
        TargetConfiguration? configuration = null,
        IScsiDevice? device = null,
        ulong seed = 1,
        Func<Reactor, IScsiDevice>? makeDevice = null)
    {
        World = new SimulatedWorld(seed);
        Server = World.CreateReactor("server");
        Client = World.CreateReactor("client");
        Device = makeDevice?.Invoke(Server) ?? device ?? new FakeDevice();
        Configuration = configuration ?? Open;
        Target = World.Run(Server, () =>
        {
            var target = new IscsiTarget(options ?? new IscsiTargetOptions(), Configuration, Device, Events);
            Portal = target.Listen(new Endpoint(Server.Host.Address, 3260)).Value;
            return new ValueTask<IscsiTarget>(target);
        });
    }

    /// <summary>Any initiator may log in.</summary>
    public static TargetConfiguration Open { get; } = new()
    {
        Iqn = TargetName,
        Initiators = [new InitiatorRule { Iqn = "*" }],
    };

    public SimulatedWorld World { get; }

    public SimulatedReactor Server { get; }

    public SimulatedReactor Client { get; }

    public IScsiDevice Device { get; }

    public FakeDevice Fake => (FakeDevice)Device;

    public TargetConfiguration Configuration { get; }

    public IscsiTarget Target { get; }

    public Endpoint Portal { get; private set; }

    public RecordedEvents Events { get; } = new();

    /// <summary>Runs the body as an initiator.</summary>
    public void Run(Func<ValueTask> body) => World.Run(Client, body);

    public ValueTask<TestInitiator> LogInAsync(TestLogin? login = null) => TestInitiator.LogInAsync(Client, Portal, login);

    public ValueTask<TestInitiator> ConnectAsync() => TestInitiator.ConnectAsync(Client, Portal);

    /// <summary>Does something on the target's reactor, from a body on the client's.</summary>
    public async ValueTask OnServerAsync(Func<ValueTask> work)
    {
        var run = World.Start(Server, async () =>
        {
            await work();
            return true;
        });
        while (!run.IsDone)
            await Client.DelayAsync(1_000_000);
    }

    public ValueTask OnServerAsync(Action work) => OnServerAsync(() =>
    {
        work();
        return default;
    });

    /// <summary>Waits until something holds.</summary>
    public async ValueTask UntilAsync(Func<bool> condition)
    {
        for (var i = 0; !condition(); i++)
        {
            Assert.That(i, Is.LessThan(100_000), "waited too long");
            await Client.DelayAsync(1_000_000);
        }
    }

    public void Dispose()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status != NUnit.Framework.Interfaces.TestStatus.Failed)
        {
            World.Run(Server, () =>
            {
                (Device as FakeDevice)?.Release();
                return Target.StopAsync();
            });
            World.RunFor(1_000_000_000);
            Assert.Multiple(() =>
            {
                Assert.That(Target.ConnectionCount, Is.Zero, "connections are left");
                Assert.That(Server.Buffers.RentedBuffers, Is.Zero, () => $"the target leaks buffers, {Server.Buffers.RentedBytes} bytes");
                Assert.That(Client.Buffers.RentedBuffers, Is.Zero, "the initiator leaks buffers");
                Assert.That(Target.DataBytes, Is.Zero, "the target miscounts data buffers");
            });
        }

        World.Dispose();
    }
}

/// <summary>What a target told its log.</summary>
internal sealed class RecordedEvents : ITargetEvents
{
    public List<string> Lines { get; } = [];

    public void LoginAccepted(SessionDescription session) => Lines.Add($"in {session.InitiatorIqn}");

    public void LoginRefused(string initiatorIqn, string address, int status, string reason) =>
        Lines.Add($"refused {initiatorIqn} 0x{status:x4} {reason}");

    public void ConnectionDropped(string address, string reason) => Lines.Add($"dropped {reason}");

    public void SessionEnded(SessionDescription session, string reason) => Lines.Add($"out {session.InitiatorIqn}: {reason}");

    public void PduRejected(SessionDescription session, int opcode, int reason) => Lines.Add($"reject 0x{opcode:x2} 0x{reason:x2}");
}
