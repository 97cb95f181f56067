using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Runtime.Simulated;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>A file system on records in memory, and calls of clients to it.</summary>
internal sealed class FileFixture : IDisposable
{
    public static readonly Caller Root = new(0, 0);
    public static readonly Caller User = new(1000, 100, 24);
    public static readonly Caller Other = new(1001, 101);

    private readonly SimulatedReactor _reactor;
    private uint _xid;

    public FileFixture(ulong seed = 1)
    {
        World = new SimulatedWorld(seed);
        _reactor = World.CreateReactor("owner");
        Records = new Locks.Tests.MemoryRecordStore(_reactor);
        Service = null!;
        Restart();
    }

    public SimulatedWorld World { get; }

    public Locks.Tests.MemoryRecordStore Records { get; }

    public RecordedData Data { get; } = new();

    public FileService Service { get; private set; }

    public FileHandle RootHandle { get; } = new()
    {
        Export = 7,
        FileSystem = 3,
        Inode = FileService.RootInode,
        Generation = FileService.RootGeneration,
    };

    /// <summary>Another owner goes on with the records.</summary>
    public void Restart() => Run(async () =>
    {
        if (Service is not null)
            await Service.CloseAsync();
        Service = new FileService(Records, Data, _reactor, new FileServiceOptions());
        return await Service.StartAsync();
    });

    public T Run<T>(Func<ValueTask<T>> work) => World.Run(_reactor, work);

    /// <summary>One call, answered.</summary>
    public CallReply Call(FileRequest request) => Run(() => CallAsync(request));

    public async ValueTask<CallReply> CallAsync(FileRequest request)
    {
        var room = _reactor.Buffers.Rent(FileCall.MaximumResultBytes);
        var call = new FileCall { HandleKey = new byte[FileHandle.KeyBytes], Results = room.Slice(0, FileCall.MaximumResultBytes) };
        call.Begin(request.Procedure);
        call.Caller = request.Caller ?? Root;
        (call.Handle, call.OtherHandle) = (request.Handle, request.OtherHandle);
        (call.Export, call.IsReadOnly) = (request.Handle.Export, request.IsReadOnly);
        (call.Offset, call.Count) = (request.Offset, request.Count);
        (call.ClientHash, call.Xid) = (1, request.Xid ?? ++_xid);
        call.SetArguments(request.Arguments);
        var status = await Service.ExecuteAsync(call);
        if (status != RecordStatus.Ok)
        {
            room.Release();
            return new CallReply(default, [], 0) { Outcome = status };
        }

        var reply = new CallReply(call.Status, call.Results.Span[..call.ResultBytes].ToArray(), call.Ticket);
        if (call.Ticket != 0 && !request.KeepsTicket)
            Service.EndWrite(call.Ticket);
        room.Release();
        return reply;
    }

    public void Dispose()
    {
        Run(async () =>
        {
            await Service.CloseAsync();
            return true;
        });
        Assert.That(_reactor.Buffers.RentedBuffers, Is.Zero);
        World.Dispose();
    }

    // Calls in the words of a client.
    public CallReply GetAttributes(FileHandle file) => Call(new FileRequest(NfsProcedure.GetAttributes, file));

    public FileAttributes Attributes(FileHandle file)
    {
        var reply = GetAttributes(file);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        var reader = new XdrReader(reply.Results, 4);
        return FileAttributes.Read(ref reader);
    }

    public CallReply Lookup(FileHandle directory, string name, Caller? caller = null) =>
        Call(Named(NfsProcedure.Lookup, directory, name, caller));

    public FileHandle Find(FileHandle directory, string name)
    {
        var reply = Lookup(directory, name);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok), name);
        return reply.ReadHandle(4);
    }

    public CallReply Create(
        FileHandle directory, string name, CreateMode mode = CreateMode.Unchecked, uint? permissions = null, ulong verifier = 0, Caller? caller = null,
        uint? xid = null, ulong? length = null) => Call(new FileRequest(NfsProcedure.Create, directory)
        {
            Caller = caller,
            Xid = xid,
            Arguments = FileRequest.Encode(directory, name, (ref XdrWriter writer) =>
            {
                writer.UInt32((uint)mode);
                if (mode == CreateMode.Exclusive)
                    writer.UInt64(verifier);
                else
                    FileRequest.WriteAttributes(ref writer, permissions, length);
            }),
        });

    public FileHandle NewFile(FileHandle directory, string name, uint permissions = 0x1A4, Caller? caller = null)
    {
        var reply = Create(directory, name, CreateMode.Guarded, permissions, caller: caller);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok), name);
        return reply.ReadMade();
    }

    public CallReply MakeDirectory(FileHandle directory, string name, uint permissions = 0x1ED, Caller? caller = null, uint? xid = null) =>
        Call(new FileRequest(NfsProcedure.MakeDirectory, directory)
        {
            Caller = caller,
            Xid = xid,
            Arguments = FileRequest.Encode(directory, name, (ref XdrWriter writer) => FileRequest.WriteAttributes(ref writer, permissions)),
        });

    public FileHandle NewDirectory(FileHandle directory, string name, uint permissions = 0x1ED, Caller? caller = null)
    {
        var reply = MakeDirectory(directory, name, permissions, caller);
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok), name);
        return reply.ReadMade();
    }

    public CallReply Symlink(FileHandle directory, string name, string path) => Call(new FileRequest(NfsProcedure.SymbolicLink, directory)
    {
        Arguments = FileRequest.Encode(directory, name, (ref XdrWriter writer) =>
        {
            FileRequest.WriteAttributes(ref writer, null);
            writer.Opaque(System.Text.Encoding.UTF8.GetBytes(path));
        }),
    });

    public CallReply Remove(FileHandle directory, string name, Caller? caller = null, uint? xid = null) =>
        Call(Named(NfsProcedure.Remove, directory, name, caller) with { Xid = xid });

    public CallReply RemoveDirectory(FileHandle directory, string name, Caller? caller = null) =>
        Call(Named(NfsProcedure.RemoveDirectory, directory, name, caller));

    public CallReply Rename(FileHandle from, string name, FileHandle to, string newName, Caller? caller = null, uint? xid = null) =>
        Call(new FileRequest(NfsProcedure.Rename, from)
        {
            OtherHandle = to,
            Caller = caller,
            Xid = xid,
            Arguments = [.. FileRequest.Encode(from, name), .. FileRequest.Encode(to, newName)],
        });

    public CallReply Link(FileHandle file, FileHandle directory, string name, Caller? caller = null) => Call(new FileRequest(NfsProcedure.Link, file)
    {
        OtherHandle = directory,
        Caller = caller,
        Arguments = [.. FileRequest.Encode(file), .. FileRequest.Encode(directory, name)],
    });

    public CallReply Write(FileHandle file, long offset, int count, Caller? caller = null, uint? xid = null) => Call(new FileRequest(NfsProcedure.Write, file)
    {
        Offset = offset,
        Count = count,
        Caller = caller,
        Xid = xid,
    });

    public CallReply SetAttributes(
        FileHandle file, uint? mode = null, uint? user = null, uint? group = null, ulong? length = null, NfsTime? guard = null, Caller? caller = null) =>
        Call(SetAttributesRequest(file, mode, user, group, length, guard, caller));

    public static FileRequest SetAttributesRequest(
        FileHandle file, uint? mode = null, uint? user = null, uint? group = null, ulong? length = null, NfsTime? guard = null, Caller? caller = null) =>
        new(NfsProcedure.SetAttributes, file)
        {
            Caller = caller,
            Arguments = FileRequest.Encode(file, (ref XdrWriter writer) =>
            {
                FileRequest.WriteAttributes(ref writer, mode, length, user, group);
                writer.Boolean(guard is not null);
                guard?.Write(ref writer);
            }),
        };

    /// <summary>All entries, by as many calls as it takes.</summary>
    public List<(string Name, ulong Inode)> List(FileHandle directory, uint count = 4096)
    {
        var all = new List<(string Name, ulong Inode)>();
        for (var (cookie, isEnd) = (0UL, false); !isEnd;)
        {
            var page = ReadDirectory(directory, cookie, count);
            Assert.That(page.Status, Is.EqualTo(NfsStatus.Ok));
            (var entries, isEnd) = page.ReadEntries();
            all.AddRange(entries.Select(entry => (entry.Name, entry.Inode)));
            if (entries.Count > 0)
                cookie = entries[^1].Cookie;
        }

        return all;
    }

    public CallReply ReadDirectory(FileHandle directory, ulong cookie, uint count) => Call(new FileRequest(NfsProcedure.ReadDirectory, directory)
    {
        Arguments = FileRequest.Encode(directory, (ref XdrWriter writer) =>
        {
            writer.UInt64(cookie);
            writer.UInt64(0);
            writer.UInt32(count);
        }),
    });

    private static FileRequest Named(NfsProcedure procedure, FileHandle directory, string name, Caller? caller) => new(procedure, directory)
    {
        Caller = caller,
        Arguments = FileRequest.Encode(directory, name),
    };

    /// <summary>Contents of which only what is given back is known.</summary>
    internal sealed class RecordedData : IFileData
    {
        public List<(ulong File, long From, long To)> Discards { get; } = [];

        public (long TotalBytes, long FreeBytes) Room { get; set; } = (1L << 40, 1L << 39);

        /// <summary>While it is set, nothing is given back.</summary>
        public TaskCompletionSource? Gate { get; set; }

        public async ValueTask<RecordStatus> DiscardAsync(ulong file, long from, long to)
        {
            if (Gate is { } gate)
                await gate.Task;
            Discards.Add((file, from, to));
            return RecordStatus.Ok;
        }
    }
}
