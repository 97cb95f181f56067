using System.Net;
using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Exports.Tests;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.OncRpc.Tests;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.TestSupport;

namespace Uss.NfsFrontend.Mount.Tests;

/// <summary>MOUNT over a real connection (RFC 1813, 5).</summary>
public sealed class MountProgramTests : IMountPoints
{
    // Latin-1 here, and no UTF-8.
    private const string NoText = "\u00FF\u00FE";

    private static readonly byte[] _key = new byte[FileHandle.KeyBytes];
    private RawClient _client = null!;
    private Caller _caller;

    public ExportTable Exports { get; } = new([
        ExportTests.Export("/default", 1, ExportTests.Rule("127.0.0.1/32"), ExportTests.Rule("10.0.0.0/8")),
        ExportTests.Export("/closed", 2, ExportTests.Rule("192.0.2.0/24")),
    ]);

    public async ValueTask<(MountStatus Status, FileHandle Handle)> FindAsync(Export export, IReadOnlyList<ReadOnlyMemory<byte>> names, Caller caller)
    {
        await Reactor.Current.YieldAsync();
        _caller = caller;
        return string.Join('/', names.Select(name => Encoding.Latin1.GetString(name.Span))) switch
        {
            "" => (MountStatus.Ok, new FileHandle { Export = export.Id, FileSystem = export.FileSystem, Inode = 1 }),
            "a/b" => (MountStatus.Ok, new FileHandle { Export = export.Id, FileSystem = export.FileSystem, Inode = 7 }),
            NoText => (MountStatus.Ok, new FileHandle { Export = export.Id, FileSystem = export.FileSystem, Inode = 8 }),
            "file" => (MountStatus.NotDirectory, default),
            _ => (MountStatus.NoEntry, default),
        };
    }

    [TestCase("/default", 1UL)]
    [TestCase("/default/a/b", 7UL)]
    public Task A_directory_is_mounted(string path, ulong inode) => Run(async () =>
    {
        var reply = await MountAsync(path);
        var reader = new XdrReader(reply, RpcReply.AcceptedSize);
        Assert.That((MountStatus)reader.UInt32(), Is.EqualTo(MountStatus.Ok));
        Assert.That(FileHandle.TryParse(reader.Opaque(64).In(reply), _key, out var handle));
        Assert.That((handle.Export, handle.Inode), Is.EqualTo((1, inode)));
        Assert.That((reader.UInt32(), reader.UInt32()), Is.EqualTo((1u, 1u)), "AUTH_SYS");
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, reply.Length)));
        Assert.That(_caller.UserId, Is.EqualTo(ExportRule.Nobody), "root is nobody here");
    });

    [Test]
    public Task A_name_need_not_be_text() => Run(async () =>
    {
        byte[] path = [.. "/default/"u8, 0xFF, 0xFE];
        Assert.That(Status(await CallAsync(MountProcedure.Mount, path)), Is.EqualTo(MountStatus.Ok));
        var list = await CallAsync(MountProcedure.Dump);
        Assert.That(Convert.ToHexString(list), Does.Contain(Convert.ToHexString(path)));

        // As text each of these bytes would be three.
        byte[] longest = [.. "/default/"u8, .. Enumerable.Repeat((byte)0xFF, 1015)];
        Assert.That(Status(await CallAsync(MountProcedure.Mount, longest)), Is.EqualTo(MountStatus.NoEntry));
        Assert.That(Status(await CallAsync(MountProcedure.Mount, [.. longest, 0xFF])), Is.EqualTo(MountStatus.NameTooLong));
    });

    [TestCase("/nothing", MountStatus.NoEntry)]
    [TestCase("/default/c", MountStatus.NoEntry)]
    [TestCase("/default/file", MountStatus.NotDirectory)]
    [TestCase("/closed", MountStatus.AccessDenied)]
    public Task What_cannot_be_mounted_is_said(string path, MountStatus status) => Run(async () =>
    {
        Assert.That(Status(await MountAsync(path)), Is.EqualTo(status));
        Assert.That(await ListAsync(MountProcedure.Dump), Is.Empty);
    });

    [TestCase(1024, MountStatus.NoEntry)]
    [TestCase(1025, MountStatus.NameTooLong)]
    public Task A_path_has_at_most_1024_bytes(int length, MountStatus status) => Run(async () =>
        Assert.That(Status(await MountAsync("/default/" + new string('x', length - 9))), Is.EqualTo(status)));

    [Test]
    public Task What_is_mounted_is_listed_until_it_is_not() => Run(async () =>
    {
        await MountAsync("/default");
        await MountAsync("/default/a/b");
        await MountAsync("/default");
        Assert.That(await ListAsync(MountProcedure.Dump), Is.EqualTo(["127.0.0.1", "/default/a/b", "127.0.0.1", "/default"]));
        await CallAsync(MountProcedure.Unmount, "/default");
        Assert.That(await ListAsync(MountProcedure.Dump), Is.EqualTo(["127.0.0.1", "/default/a/b"]));
        await CallAsync(MountProcedure.UnmountAll);
        Assert.That(await ListAsync(MountProcedure.Dump), Is.Empty);
        for (var i = 0; i < 300; i++)
            await MountAsync("/default" + new string('/', i));
        Assert.That((await ListAsync(MountProcedure.Dump)).Count, Is.EqualTo(2 * 256));
    });

    [Test]
    public Task Exports_are_listed_with_their_clients() => Run(async () =>
    {
        var reply = await CallAsync(MountProcedure.Export);
        var lists = new List<string>();
        Assert.That(ReadExports(reply, lists), Is.EqualTo(reply.Length));
        Assert.That(lists, Is.EqualTo(["/closed: 192.0.2.0/24", "/default: 127.0.0.1 10.0.0.0/8"]));
    });

    [Test]
    public Task Nothing_and_the_unknown_are_answered() => Run(async () =>
    {
        Assert.That(await CallAsync(MountProcedure.Null), Has.Length.EqualTo(RpcReply.AcceptedSize));
        Assert.That((await CallAsync((MountProcedure)6))[^1], Is.EqualTo((byte)AcceptStatus.ProcedureUnavailable));
        Assert.That((await CallAsync(MountProcedure.Mount))[^1], Is.EqualTo((byte)AcceptStatus.GarbageArguments));
    });

    private static MountStatus Status(byte[] reply) => (MountStatus)new XdrReader(reply, RpcReply.AcceptedSize).UInt32();

    private static int ReadExports(byte[] reply, List<string> lists)
    {
        var reader = new XdrReader(reply, RpcReply.AcceptedSize);
        while (reader.Boolean())
        {
            var path = Encoding.UTF8.GetString(reader.Opaque(1024).In(reply));
            var clients = new List<string>();
            while (reader.Boolean())
                clients.Add(Encoding.UTF8.GetString(reader.Opaque(255).In(reply)));
            lists.Add($"{path}: {string.Join(' ', clients)}");
        }

        return reader.IsOk ? reader.Position : -1;
    }

    private async ValueTask<List<string>> ListAsync(MountProcedure procedure)
    {
        var reply = await CallAsync(procedure);
        var texts = new List<string>();
        var reader = new XdrReader(reply, RpcReply.AcceptedSize);
        while (reader.Boolean())
        {
            texts.Add(Encoding.UTF8.GetString(reader.Opaque(255).In(reply)));
            texts.Add(Encoding.UTF8.GetString(reader.Opaque(1024).In(reply)));
        }

        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, reply.Length)));
        return texts;
    }

    private ValueTask<byte[]> MountAsync(string path) => CallAsync(MountProcedure.Mount, path);

    private ValueTask<byte[]> CallAsync(MountProcedure procedure, string path) => CallAsync(procedure, Encoding.UTF8.GetBytes(path));

    private ValueTask<byte[]> CallAsync(MountProcedure procedure, byte[]? path = null) =>
        _client.CallAsync(RawClient.Call(1, (uint)procedure, path, program: 100005, user: RpcMessageTests.User(0, 0, [])));

    private Task Run(Func<ValueTask> work) => ReactorTest.Run(async reactor =>
    {
        var server = new RpcServer(reactor, [new MountProgram(this, _key)], new RpcServerOptions());
        _client = await RawClient.ConnectAsync(reactor, server.Listen(new Endpoint(IPAddress.Loopback, 0)).Value);
        await work();
        await _client.Transport.CloseAsync();
        await server.StopAsync();
    });
}
