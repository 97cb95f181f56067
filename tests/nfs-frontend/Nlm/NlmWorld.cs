using System.Net;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Exports.Tests;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Locks.Tests;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Nsm;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.OncRpc.Tests;
using Uss.NfsFrontend.PortMap;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Nlm.Tests;

/// <summary>A server of locks and clients with lock managers of their own, on a simulated network.</summary>
internal sealed class NlmWorld : ILockOwners, ILockedFiles, ILockGrants, IDisposable
{
    public const uint Nlm = 100021;
    public const uint Nsm = 100024;
    public const int Port = 4045;

    private static readonly byte[] _key = new byte[FileHandle.KeyBytes];
    private readonly MemoryRecordStore _store;
    private readonly LockService _service;
    private readonly NlmCallbacks _callbacks;

    public NlmWorld(ulong seed = 1)
    {
        World = new SimulatedWorld(seed);
        Server = World.CreateReactor("server");
        _store = new MemoryRecordStore(Server);
        _service = new LockService(Server, _store, this, this, new LockServiceOptions { GrantRetryNs = 5_000_000_000 });
        var rpc = new RpcClient(Server);
        _callbacks = new NlmCallbacks(rpc, new PortMapClient(rpc));
        Exports = new ExportTable([
            ExportTests.Export("/default", 1, ExportTests.Rule("10.0.0.0/8")),
            ExportTests.Export("/closed", 2, ExportTests.Rule("192.0.2.0/24")),
            ExportTests.Export("/readable", 3, ExportTests.Rule("10.0.0.0/8") with { IsReadOnly = true }),
        ]);
        IRpcProgram[] programs = [new NlmProgram(Server, this, () => Exports, _key, "front"u8.ToArray(), _callbacks), new NsmProgram(this)];
        World.Run(Server, () =>
        {
            // As front-ends are: bound to their address.
            var endpoint = new Endpoint(Server.Host.Address, Port);
            Assert.That(new RpcServer(Server, programs, new RpcServerOptions()).Listen(endpoint).IsOk);
            Assert.That(new RpcDatagramServer(Server, programs, new RpcDatagramOptions()).Bind(endpoint).IsOk);
            return ValueTask.CompletedTask;
        });
    }

    public SimulatedWorld World { get; }

    public SimulatedReactor Server { get; }

    public ExportTable Exports { get; set; }

    public bool HasOwner { get; set; } = true;

    public bool IsEmpty => _store.Records.Count == 0 && _service.Waiters == 0;

    public IReadOnlyList<uint> FileSystems => [1, 2];

    public static byte[] Handle(ulong inode = 7, ushort export = 1, uint generation = 1, uint snapshot = 0, uint? fileSystem = null)
    {
        var bytes = new byte[FileHandle.Size];
        new FileHandle
        {
            Export = export,
            FileSystem = fileSystem ?? export,
            Inode = inode,
            Generation = generation,
            Snapshot = snapshot,
        }.Write(bytes, _key);
        return bytes;
    }

    // As between nodes: by bytes.
    public async ValueTask<LockReply> CallAsync(LockCall call)
    {
        if (!HasOwner)
            return new LockReply(LockStatus.NotNow);
        if (call.FileSystem == 2)
            return new LockReply(LockStatus.Granted);
        var bytes = new byte[call.Size];
        call.Write(bytes);
        Assert.That(LockCall.TryParse(bytes, out var forwarded));
        var reply = await _service.CallAsync(forwarded);
        bytes = new byte[reply.Size];
        reply.Write(bytes);
        Assert.That(LockReply.TryParse(bytes, out reply));
        return reply;
    }

    public bool Exists(RecordTransaction records, ulong inode, uint generation) => generation == 1;

    public ValueTask<GrantOutcome> GrantAsync(LockCall call)
    {
        Assert.That(call.FrontEnd.Span.SequenceEqual("front"u8));
        return _callbacks.GrantAsync(call);
    }

    public void Dispose() => World.Dispose();
}

/// <summary>A client's machine: it calls the server, and has a port mapper and a lock manager that the server calls.</summary>
internal sealed class NlmClient : IRpcProgram
{
    private readonly NlmWorld _world;

    public NlmClient(NlmWorld world, string name, bool hasManager = true, bool isManagerByDatagrams = true)
    {
        _world = world;
        Reactor = world.World.CreateReactor(name);
        if (!hasManager)
            return;
        world.World.Run(Reactor, () =>
        {
            var table = new PortMapTable();
            var any = new Endpoint(IPAddress.Any, 0);
            var port = isManagerByDatagrams
                ? new RpcDatagramServer(Reactor, [this], new RpcDatagramOptions()).Bind(any).Value
                : new RpcServer(Reactor, [this], new RpcServerOptions()).Listen(any).Value;
            table.Add(this, port, isManagerByDatagrams);
            var mapper = new RpcDatagramServer(Reactor, [new PortMapProgram(Reactor, table)], new RpcDatagramOptions());
            Assert.That(mapper.Bind(new Endpoint(IPAddress.Any, 111)).IsOk);
            return ValueTask.CompletedTask;
        });
    }

    public SimulatedReactor Reactor { get; }

    /// <summary>What the server has called: procedure and arguments.</summary>
    public List<(NlmProcedure Procedure, byte[] Arguments)> Calls { get; } = [];

    /// <summary>Where it called from.</summary>
    public IPAddress? Caller { get; private set; }

    /// <summary>What is said to a lock that is granted; null: nothing.</summary>
    public LockStatus? Answer { get; set; } = LockStatus.Granted;

    public uint Number => NlmWorld.Nlm;

    public uint LowestVersion => 4;

    public uint HighestVersion => 4;

    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    public ValueTask HandleAsync(RpcRequest request)
    {
        Caller = request.Client.Address;
        Calls.Add(((NlmProcedure)request.Call.Procedure, request.Message[request.Call.ArgumentsOffset..].ToArray()));
        if (Answer is { } answer && request.Call.Procedure == (uint)NlmProcedure.Granted)
        {
            var results = request.BeginResults(8);
            results.Opaque([]);
            results.UInt32((uint)answer);
            request.Succeed(results);
        }
        else if (request.Call.Procedure != (uint)NlmProcedure.Granted)
        {
            request.Succeed();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Calls the server by TCP.</summary>
    /// <returns>The results; nothing when the call is not answered in time, or was refused.</returns>
    public byte[] Call(uint procedure, byte[] arguments, uint program = NlmWorld.Nlm, uint version = 4) => _world.World.Run(Reactor, async () =>
    {
        var rpc = new RpcClient(Reactor);
        var server = new Endpoint(_world.Server.Host.Address, NlmWorld.Port);
        return (await rpc.CallStreamAsync(server, new RpcProcedure(program, version, procedure), arguments)).Results;
    });

    public byte[] Call(NlmProcedure procedure, byte[] arguments) => Call((uint)procedure, arguments);

    /// <summary>Calls the server by UDP.</summary>
    public byte[] CallByDatagram(uint procedure, byte[] arguments, uint program = NlmWorld.Nlm, uint version = 4) =>
        _world.World.Run(Reactor, async () =>
        {
            var rpc = new RpcClient(Reactor);
            var server = new Endpoint(_world.Server.Host.Address, NlmWorld.Port);
            return (await rpc.CallDatagramAsync(IPAddress.Any, server, new RpcProcedure(program, version, procedure), arguments, 5)).Results;
        });

    public LockStatus Ask(NlmProcedure procedure, byte[] arguments)
    {
        var reader = new XdrReader(Call(procedure, arguments));
        reader.Opaque(1024);
        var status = (LockStatus)reader.UInt32();
        Assert.That(reader.IsOk);
        return status;
    }
}

/// <summary>Arguments as they are on the wire.</summary>
internal sealed record NlmQuestion
{
    public byte[] Cookie { get; init; } = [9, 9];

    public bool IsBlocking { get; init; }

    public bool IsExclusive { get; init; } = true;

    public string Name { get; init; } = "client";

    public byte[] Handle { get; init; } = NlmWorld.Handle();

    public byte[] Owner { get; init; } = [1, 2, 3, 4, 5];

    public uint Svid { get; init; } = 77;

    public ulong Offset { get; init; }

    public ulong Length { get; init; }

    public uint State { get; init; } = 3;

    public byte[] Test() => Write(NlmProcedure.Test);

    public byte[] Lock() => Write(NlmProcedure.Lock);

    public byte[] Cancel() => Write(NlmProcedure.Cancel);

    public byte[] Unlock() => Write(NlmProcedure.Unlock);

    public byte[] Share(uint deny, uint access)
    {
        var bytes = new byte[8192];
        var writer = new XdrWriter(bytes);
        writer.Opaque(Cookie);
        writer.Opaque(System.Text.Encoding.ASCII.GetBytes(Name));
        writer.Opaque(Handle);
        writer.Opaque(Owner);
        writer.UInt32(deny);
        writer.UInt32(access);
        writer.Boolean(false);
        return bytes[..writer.Position];
    }

    public static byte[] Notice(string name, uint state)
    {
        var bytes = new byte[2048];
        var writer = new XdrWriter(bytes);
        writer.Opaque(System.Text.Encoding.ASCII.GetBytes(name));
        writer.UInt32(state);
        return bytes[..writer.Position];
    }

    private byte[] Write(NlmProcedure procedure)
    {
        var bytes = new byte[8192];
        var writer = new XdrWriter(bytes);
        writer.Opaque(Cookie);
        if (procedure is NlmProcedure.Lock or NlmProcedure.Cancel)
            writer.Boolean(IsBlocking);
        if (procedure is not NlmProcedure.Unlock)
            writer.Boolean(IsExclusive);
        writer.Opaque(System.Text.Encoding.ASCII.GetBytes(Name));
        writer.Opaque(Handle);
        writer.Opaque(Owner);
        writer.UInt32(Svid);
        writer.UInt64(Offset);
        writer.UInt64(Length);
        if (procedure == NlmProcedure.Lock)
        {
            writer.Boolean(false);
            writer.UInt32(State);
        }

        return bytes[..writer.Position];
    }
}
