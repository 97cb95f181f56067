using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime.Simulated;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>A file system in a simulated world, and who asks it.</summary>
internal sealed class FileRig : IDisposable
{
    public const ushort Export = 7;
    public const uint FileSystem = 9;
    public const long Second = 1_000_000_000;

    public static readonly Caller Root = new(0, 0);
    public static readonly Caller Alice = new(1000, 100, 200);
    public static readonly Caller Bob = new(1001, 101);

    private uint _xid;

    public FileRig(ulong seed = 1, FileServiceOptions? options = null)
    {
        World = new SimulatedWorld(seed);
        Reactor = World.CreateReactor("owner");
        Options = options ?? new FileServiceOptions();
        Service = null!;
        Start();
    }

    public SimulatedWorld World { get; }

    public SimulatedReactor Reactor { get; private set; }

    public MemoryRecordStore Store { get; } = new();

    public MemoryFileData Data { get; } = new();

    public FileServiceOptions Options { get; set; }

    public FileService Service { get; private set; }

    /// <summary>Who asks from now on.</summary>
    public Caller Caller { get; set; } = Root;

    public bool IsReadOnly { get; set; }

    public ulong Client { get; set; } = 0xC1;

    /// <summary>Which copy of its call the next one is.</summary>
    public ulong Copy { get; set; }

    public FileHandle Top { get; } = new()
    {
        Export = Export,
        FileSystem = FileSystem,
        Inode = FileService.RootInode,
        Generation = FileService.RootGeneration,
    };

    /// <summary>Starts a service on what the store has.</summary>
    public void Start()
    {
        Service = new FileService(Store, Data, Reactor, Options);
        Assert.That(World.Run(Reactor, () => Service.StartAsync()), Is.EqualTo(RecordStatus.Ok));
    }

    /// <summary>The process dies, and another one becomes the owner.</summary>
    public void Restart()
    {
        World.Crash(Reactor);
        Reactor = World.CreateReactor("owner", "next");
        Start();
    }

    public void Close() => World.Run(Reactor, () => Service.CloseAsync());

    public void Pass(long ns) => World.RunFor(ns);

    public void Dispose() => World.Dispose();

    /// <summary>Begins a call, which comes to its end as time passes.</summary>
    public SimulatedRun<FileReply?> Begin(
        NfsProcedure procedure,
        FileHandle handle,
        ArgumentsBuilder arguments,
        FileHandle other = default,
        uint? xid = null,
        long offset = 0,
        int count = 0,
        uint room = 0)
    {
        var call = new FileCall { HandleKey = ArgumentsBuilder.Key };
        call.Begin(procedure);
        (call.Handle, call.OtherHandle, call.Caller, call.IsReadOnly) = (handle, other, Caller, IsReadOnly);
        (call.Export, call.ClientHash, call.Xid) = (Export, Client, xid ?? ++_xid);
        call.Copy = Copy;
        (call.Offset, call.Count) = (offset, count);
        call.SetArguments(arguments.ToArray());
        var service = Service;
        return World.Start(Reactor, async () =>
        {
            // As much as front-ends give.
            var bytes = procedure switch
            {
                NfsProcedure.ReadDirectory or NfsProcedure.ReadDirectoryPlus => 1024 + (int)Math.Min(room, FileCall.MaximumResultBytes - 1024),
                NfsProcedure.ReadLink => 8192,
                _ => 1024,
            };
            var buffer = Reactor.Buffers.Rent(bytes);
            call.Results = buffer.Slice(0, bytes);
            call.Results.Span.Fill(0xEE);
            var status = await service.ExecuteAsync(call);
            var reply = status == RecordStatus.Ok ? FileReply.Read(call) : null;
            buffer.Release();
            return reply;
        });
    }

    /// <summary>Waits for the end of a call.</summary>
    public FileReply End(SimulatedRun<FileReply?> run)
    {
        Assert.That(World.RunUntil(() => run.IsDone, 600 * Second), "the call has no end");
        Assert.That(run.Result, Is.Not.Null, "the owner is lost");
        return run.Result!;
    }

    public FileReply Do(
        NfsProcedure procedure,
        FileHandle handle,
        ArgumentsBuilder arguments,
        FileHandle other = default,
        uint? xid = null,
        long offset = 0,
        int count = 0,
        uint room = 0) =>
        End(Begin(procedure, handle, arguments, other, xid, offset, count, room));

    public InodeRecord Record(in FileHandle handle)
    {
        Assert.That(InodeRecord.TryParse(Store.Get(Keys.Inode(handle.Inode)), out var record));
        return record;
    }

    public bool Exists(in FileHandle handle) => Store.Get(Keys.Inode(handle.Inode)) is not null;

    /// <summary>Changes an inode past the service.</summary>
    public void Poke(in FileHandle handle, Func<InodeRecord, InodeRecord> change)
    {
        var bytes = new byte[InodeRecord.Size];
        change(Record(handle)).Write(bytes);
        Store.Put(Keys.Inode(handle.Inode), bytes);
    }

    public static byte[] Bytes(string name) => Encoding.Latin1.GetBytes(name);

    public static string Text(byte[] name) => Encoding.Latin1.GetString(name);

    public FileAttributes Attributes(in FileHandle handle)
    {
        var reply = this.GetAttributes(handle);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        return reply.Attributes!.Value;
    }
}
