using System.Net;
using System.Text;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.OncRpc.Tests;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.PortMap.Tests;

/// <summary>The port mapper over both transports of the simulated network (RFC 1833).</summary>
public sealed class PortMapProgramTests
{
    private const uint Nfs = 100003;
    private const uint Mount = 100005;

    // A reply to a call that succeeded, behind its number and before its results.
    private const string Accepted = "00000001" + "00000000" + "00000000" + "00000000" + "00000000";

    [TestCase(Nfs, 3u, 6u, 2049)]
    [TestCase(Nfs, 4u, 6u, 2049, Description = "another version is asked there")]
    [TestCase(Nfs, 3u, 17u, 0)]
    [TestCase(Mount, 3u, 17u, 635)]
    [TestCase(Mount, 3u, 6u, 636)]
    [TestCase(100000u, 2u, 17u, 111)]
    [TestCase(300000u, 1u, 6u, 0)]
    [TestCase(Nfs, 3u, 1u, 0)]
    public void A_port_is_told(uint program, uint version, uint protocol, int port) => Run(async call =>
    {
        var reply = await call(2, (uint)PortMapProcedure.GetPort, [.. Numbers(program, version, protocol, 0)]);
        Assert.That(Convert.ToHexString(reply), Is.EqualTo("00000007" + Accepted + $"{port:X8}"));
    });

    [Test]
    public void All_ports_are_told() => Run(async call =>
    {
        var reader = new XdrReader(await call(2, (uint)PortMapProcedure.Dump, []), RpcReply.AcceptedSize);
        var lines = new List<string>();
        while (reader.Boolean())
            lines.Add($"{reader.UInt32()} {reader.UInt32()} {reader.UInt32()} {reader.UInt32()}");
        Assert.That(lines, Is.EqualTo([
            "100003 3 6 2049", "100005 3 6 636", "100005 3 17 635",
            "100000 2 6 111", "100000 3 6 111", "100000 4 6 111", "100000 2 17 111", "100000 3 17 111", "100000 4 17 111"]));
    });

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(4u)]
    public void Nobody_registers_and_no_call_is_passed_on(uint version) => Run(async call =>
    {
        foreach (var procedure in new[] { 1u, 2u })
            Assert.That(Convert.ToHexString(await call(version, procedure, Mapping(version, "tcp"))), Does.EndWith(Accepted + "00000000"));
        Assert.That(await call(version, 5, [.. Numbers(Nfs, 3, 0, 0)]), Is.Empty);
        Assert.That(await call(version, 0, []), Has.Length.EqualTo(RpcReply.AcceptedSize));
        Assert.That((await call(version, 13, []))[^1], Is.EqualTo((byte)AcceptStatus.ProcedureUnavailable));
        Assert.That((await call(version, 3, [1]))[^1], Is.EqualTo((byte)AcceptStatus.GarbageArguments));
    });

    [TestCase(3u, Nfs, 3u, "tcp", "10.0.0.1.8.1")]
    [TestCase(4u, Nfs, 3u, "tcp", "10.0.0.1.8.1")]
    [TestCase(4u, Nfs, 4u, "tcp", "10.0.0.1.8.1")]
    [TestCase(4u, Nfs, 3u, "udp", "")]
    [TestCase(4u, Mount, 3u, "udp", "10.0.0.1.2.123")]
    [TestCase(4u, Nfs, 3u, "tcp6", "2001:db8::7.8.1")]
    [TestCase(4u, Mount, 3u, "tcp6", "")]
    [TestCase(4u, 300000u, 1u, "tcp", "")]
    public void An_address_is_told(uint rpcBind, uint program, uint version, string netId, string address) => Run(async call =>
    {
        var hint = netId.EndsWith('6') ? "2001:db8::7.0.111" : "10.0.0.1.0.111";
        var reply = await call(rpcBind, (uint)RpcBindProcedure.GetAddress, Mapping(program, version, netId, hint));
        Assert.That(Text(reply), Is.EqualTo(address));
    });

    [Test]
    public void Only_the_newer_version_tells_of_one_version_alone() => Run(async call =>
    {
        const uint procedure = (uint)RpcBindProcedure.GetVersionAddress;
        Assert.That(Text(await call(4, procedure, Mapping(Nfs, 3, "tcp", "10.0.0.1.0.111"))), Is.EqualTo("10.0.0.1.8.1"));
        Assert.That(Text(await call(4, procedure, Mapping(Nfs, 4, "tcp", "10.0.0.1.0.111"))), Is.Empty);
        Assert.That((await call(3, procedure, Mapping(3, "tcp")))[^1], Is.EqualTo((byte)AcceptStatus.ProcedureUnavailable));
        Assert.That((await call(4, (uint)RpcBindProcedure.Indirect, []))[^1], Is.EqualTo((byte)AcceptStatus.ProcedureUnavailable));
    });

    [Test]
    public void All_addresses_are_told() => Run(async call =>
    {
        var reply = await call(4, (uint)RpcBindProcedure.Dump, []);
        var reader = new XdrReader(reply, RpcReply.AcceptedSize);
        var lines = new List<string>();
        while (reader.Boolean())
            lines.Add($"{reader.UInt32()} {reader.UInt32()} {Next(ref reader, reply)} {Next(ref reader, reply)} {Next(ref reader, reply)}");
        Assert.That(lines, Has.Count.EqualTo(10));
        Assert.That(lines[0], Is.EqualTo("100003 3 tcp 0.0.0.0.8.1 superuser"));
        Assert.That(lines[1], Is.EqualTo("100003 3 tcp6 ::.8.1 superuser"));
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, reply.Length)));

        reply = await call(4, (uint)RpcBindProcedure.GetAddressList, Mapping(Mount, 3, "tcp", "10.0.0.1.0.111"));
        reader = new XdrReader(reply, RpcReply.AcceptedSize);
        lines.Clear();
        while (reader.Boolean())
        {
            var line = $"{Next(ref reader, reply)} {Next(ref reader, reply)} {reader.UInt32()}";
            lines.Add($"{line} {Next(ref reader, reply)} {Next(ref reader, reply)}");
        }

        Assert.That(lines, Is.EqualTo(["10.0.0.1.2.124 tcp 3 inet tcp", "10.0.0.1.2.123 udp 1 inet udp"]));
    });

    [Test]
    public void Time_addresses_and_counts_are_told() => Run(async call =>
    {
        Assert.That(Convert.ToHexString(await call(3, 6, [])), Does.EndWith($"{new DateTimeOffset(2026, 11, 1, 0, 0, 0, default).ToUnixTimeSeconds():X8}"));
        var reply = await call(3, 7, Opaque("192.0.2.1.8.1"u8));
        Assert.That(Convert.ToHexString(reply), Does.EndWith("00000010" + "00000010" + "02000801C00002010000000000000000"));
        Assert.That(Text(await call(4, 8, [0, 0, 0, 16, .. reply[^20..]])), Is.EqualTo("192.0.2.1.8.1"));
        Assert.That(Convert.ToHexString(await call(3, 7, Opaque("nonsense"u8))), Does.EndWith(Accepted + "0000000000000000"));
        Assert.That(await call(4, 12, []), Has.Length.EqualTo(RpcReply.AcceptedSize + (3 * 17 * 4)));
    });

    [Test]
    public void Random_questions_harm_nobody() => Run(async call =>
    {
        var random = new SeededRandom(3);
        for (var round = 0; round < 500; round++)
        {
            var bytes = new byte[random.Next(60)];
            random.Fill(bytes);
            if (bytes.Length > 12)
                bytes.AsSpan(8, 3).Clear();
            var procedure = (uint)random.Next(14);
            if (procedure != 5)
                await call(2 + (uint)random.Next(3), procedure, bytes);
        }
    });

    private static byte[] Mapping(uint version, string netId) =>
        version == 2 ? Numbers(Nfs, 3, 6, 99) : Mapping(Nfs, 3, netId, "10.0.0.1.0.99");

    private static byte[] Mapping(uint program, uint version, string netId, string address) =>
        [.. Numbers(program, version), .. Opaque(Encoding.ASCII.GetBytes(netId)), .. Opaque(Encoding.ASCII.GetBytes(address)), .. Opaque("me"u8)];

    private static byte[] Numbers(params uint[] numbers)
    {
        var bytes = new byte[numbers.Length * 4];
        var writer = new XdrWriter(bytes);
        foreach (var number in numbers)
            writer.UInt32(number);
        return bytes;
    }

    private static byte[] Opaque(ReadOnlySpan<byte> content)
    {
        var bytes = new byte[4 + content.Length + XdrReader.PaddingOf(content.Length)];
        var writer = new XdrWriter(bytes);
        writer.Opaque(content);
        return bytes;
    }

    private static string Text(byte[] reply)
    {
        var reader = new XdrReader(reply, RpcReply.AcceptedSize);
        return Next(ref reader, reply);
    }

    private static string Next(ref XdrReader reader, byte[] reply) => Encoding.ASCII.GetString(reader.Opaque(64).In(reply));

    // Each test over a connection, and over datagrams on a network that loses some.
    private static void Run(Func<Func<uint, uint, byte[], ValueTask<byte[]>>, ValueTask> work)
    {
        foreach (var isDatagram in new[] { false, true })
        {
            using var world = new SimulatedWorld(1);
            var server = world.CreateReactor("server");
            var client = world.CreateReactor("client");
            var endpoint = new Endpoint(server.Host.Address, 111);
            world.Run(server, () => StartAsync(server));
            world.Run(client, () => isDatagram ? work(new Datagrams(client, endpoint).CallAsync) : OverTcpAsync(client, endpoint, work));
        }
    }

    private static async ValueTask OverTcpAsync(Reactor reactor, Endpoint server, Func<Func<uint, uint, byte[], ValueTask<byte[]>>, ValueTask> work) =>
        await work(async (version, procedure, arguments) =>
        {
            var client = await RawClient.ConnectAsync(reactor, server);
            await client.SendAsync(RawClient.Record(Message(7, version, procedure, arguments)));
            var timer = reactor.Schedule(1_000_000_000, _ => client.Transport.Abort(), null);
            var reply = await client.ReceiveAsync();
            timer.Cancel();
            await client.Transport.CloseAsync();
            return reply;
        });

    private static byte[] Message(uint xid, uint version, uint procedure, byte[] arguments) =>
        [.. RawClient.Call(xid, procedure, program: 100000, version: version), .. arguments];

    private static ValueTask StartAsync(Reactor reactor)
    {
        var any = new Endpoint(IPAddress.Any, 111);
        var table = new PortMapTable();
        var program = new PortMapProgram(reactor, table);
        table.Add(new PortMapEntry(Nfs, 3, RpcTransport.Tcp, 2049));
        table.Add(new PortMapEntry(Nfs, 3, RpcTransport.Tcp6, 2049));
        table.Add(new PortMapEntry(Mount, 3, RpcTransport.Tcp, 636));
        table.Add(new PortMapEntry(Mount, 3, RpcTransport.Udp, 635));
        table.Add(program, any, isDatagram: false);
        table.Add(program, any, isDatagram: true);
        table.Add(program, any, isDatagram: true);
        Assert.That(new RpcServer(reactor, [program], new RpcServerOptions()).Listen(any).IsOk);
        Assert.That(new RpcDatagramServer(reactor, [program], new RpcDatagramOptions()).Bind(any).IsOk);
        return ValueTask.CompletedTask;
    }

    private sealed class Datagrams(Reactor reactor, Endpoint server)
    {
        public async ValueTask<byte[]> CallAsync(uint version, uint procedure, byte[] arguments)
        {
            var client = new RawDatagramClient(reactor, server);
            var message = Message(7, version, procedure, arguments);
            var answer = client.TryReceiveAsync();
            for (var attempt = 0; attempt < 5 && !answer.IsCompleted; attempt++)
            {
                await client.SendAsync(message);
                await reactor.DelayAsync(300_000_000);
            }

            await client.CloseAsync();
            return await answer;
        }
    }
}
