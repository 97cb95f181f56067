using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>
/// Owners one after the other, of which one that was deposed goes on for a while, and clients whose writes arrive late: with the contents of
/// the files, block by block.
/// </summary>
internal sealed class RaceRig : IFileData, IDisposable
{
    public const long Block = 4096;
    private const long Millisecond = 1_000_000;

    private readonly SeededRandom _random;
    private readonly MemoryRecordStore _store = new();
    private readonly Dictionary<(ulong File, long Block), int> _contents = [];
    private readonly List<Write> _writes = [];
    private readonly List<Cut> _cuts = [];
    private (FileService Service, Term Term) _owner;
    private uint _xid;

    public RaceRig(ulong seed)
    {
        World = new SimulatedWorld(seed);
        Reactor = World.CreateReactor("all");
        _random = new SeededRandom(seed);
        _store.CommitNs = 2 * Millisecond;
        var term = new Term(_store);
        _owner = (new FileService(term, this, Reactor, new FileServiceOptions()), term);
        World.Run(Reactor, () => _owner.Service.StartAsync());
    }

    public SimulatedWorld World { get; }

    public SimulatedReactor Reactor { get; }

    public (long TotalBytes, long FreeBytes) Room => (1L << 40, 1L << 39);

    public void Dispose() => World.Dispose();

    /// <summary>Some calls at once, and what must be true of the contents after them.</summary>
    public void Round()
    {
        _writes.Clear();
        _cuts.Clear();
        _contents.Clear();
        var file = World.Run(Reactor, MakeAsync);
        var runs = new List<SimulatedRun<bool>>();
        for (var client = 0; client < 6; client++)
            runs.Add(World.Start(Reactor, () => ClientAsync(file)));
        if (_random.Chance(0.7))
            runs.Add(World.Start(Reactor, DeposeAsync));
        Assert.That(World.RunUntil(() => runs.TrueForAll(run => run.IsDone), 300_000 * Millisecond), "a call has no end");
        World.RunFor(20_000 * Millisecond);
        Check(file);
    }

    public async ValueTask<RecordStatus> DiscardAsync(ulong file, long from, long to)
    {
        await Reactor.DelayAsync(_random.Next(_random.Chance(0.7) ? 50 : 2900) * Millisecond);
        if (_random.Chance(0.2))
            return RecordStatus.Lost;
        foreach (var key in _contents.Keys.Where(key => key.File == file && key.Block * Block >= from && key.Block * Block < to).ToList())
            _contents.Remove(key);
        return _random.Chance(0.1) ? RecordStatus.Lost : RecordStatus.Ok;
    }

    private void Check(FileHandle file)
    {
        Assert.That(InodeRecord.TryParse(_store.Get(Keys.Inode(file.Inode)), out var record));
        Assert.That(_store.Next(Keys.Truncations.From, Keys.Truncations.To), Is.Null);
        foreach (var (key, id) in _contents)
        {
            Assert.That(key.Block * Block, Is.LessThan(record.Length), "data beyond the end");
            var write = _writes[id];
            Assert.That(_cuts.Exists(cut => cut.Length <= key.Block * Block && cut.AskedNs > write.AnsweredNs), Is.False, "data that was cut off");
        }

        foreach (var write in _writes)
        {
            var isLast = _cuts.TrueForAll(cut => cut.Length > write.Block * Block || cut.AnsweredNs < write.AskedNs);
            if (isLast)
                Assert.That(_contents.ContainsKey((file.Inode, write.Block)), "an acknowledged write is lost");
        }
    }

    private async ValueTask<FileHandle> MakeAsync()
    {
        var call = NewCall(NfsProcedure.Create, Top);
        call.SetArguments(new ArgumentsBuilder().Handle(Top).Opaque(FileRig.Bytes($"f{_xid}")).UInt32(1).Attributes(default).ToArray());
        var reply = await ExecuteAsync(call);
        return FileCalls.Made(reply);
    }

    private async ValueTask<bool> ClientAsync(FileHandle file)
    {
        for (var count = 1 + _random.Next(4); count > 0; count--)
        {
            await Reactor.DelayAsync(_random.Next(2000) * Millisecond);
            if (_random.Chance(0.6))
                await WriteAsync(file, _random.Next(6));
            else
                await CutAsync(file, _random.Next(6) * Block);
        }

        return true;
    }

    private async ValueTask WriteAsync(FileHandle file, long block)
    {
        var id = _writes.Count;
        var write = new Write(block, Reactor.MonotonicNs);
        _writes.Add(write);
        var call = NewCall(NfsProcedure.Write, file);
        (call.Offset, call.Count) = (block * Block, (int)Block);
        while (true)
        {
            // As NfsProgram does: what the owner lets begin too late is begun again.
            var askedNs = Reactor.MonotonicNs;
            var service = _owner.Service;
            var status = await service.ExecuteAsync(call);
            if (status == RecordStatus.Ok && Reactor.MonotonicNs - askedNs < 900 * Millisecond)
            {
                Assert.That(call.Status, Is.EqualTo(NfsStatus.Ok));
                await Reactor.DelayAsync(_random.Next(_random.Chance(0.5) ? 20 : 3000) * Millisecond);
                if (call.Ticket != 0 && call.Length > block * Block)
                    _contents[(file.Inode, block)] = id;
                write.AnsweredNs = Reactor.MonotonicNs;
                if (_random.Chance(0.7))
                    service.EndWrite(new EndedWrite(call.Ticket, FileOperation.ReplyKeyOf(call), IsDone: true));
                break;
            }

            if (status == RecordStatus.Ok)
                service.EndWrite(new EndedWrite(call.Ticket, FileOperation.ReplyKeyOf(call), IsDone: false));
            await Reactor.DelayAsync(20 * Millisecond);
        }

        call.Results.Buffer.Release();
    }

    private async ValueTask CutAsync(FileHandle file, long length)
    {
        var cut = new Cut(length, Reactor.MonotonicNs);
        _cuts.Add(cut);
        var call = NewCall(NfsProcedure.SetAttributes, file);
        call.SetArguments(new ArgumentsBuilder().Handle(file).Attributes(new SetAttributes { Length = (ulong)length }).UInt32(0).ToArray());
        Assert.That((await ExecuteAsync(call)).Status, Is.EqualTo(NfsStatus.Ok));
        cut.AnsweredNs = Reactor.MonotonicNs;
    }

    // As FileSystemRoute does: asks until somebody has answered.
    private async ValueTask<FileReply> ExecuteAsync(FileCall call)
    {
        while (await _owner.Service.ExecuteAsync(call) != RecordStatus.Ok)
            await Reactor.DelayAsync(20 * Millisecond);
        var reply = FileReply.Read(call);
        call.Results.Buffer.Release();
        return reply;
    }

    private async ValueTask<bool> DeposeAsync()
    {
        for (var count = 1 + _random.Next(2); count > 0; count--)
        {
            await Reactor.DelayAsync(_random.Next(5000) * Millisecond);
            var old = _owner;
            old.Term.IsOver = true;
            await Reactor.DelayAsync(_random.Next(1000) * Millisecond);
            var term = new Term(_store);
            var service = new FileService(term, this, Reactor, new FileServiceOptions());
            Assert.That(await service.StartAsync(), Is.EqualTo(RecordStatus.Ok));
            _owner = (service, term);
            await Reactor.DelayAsync(_random.Next(2000) * Millisecond);
            await old.Service.CloseAsync();
        }

        return true;
    }

    private static FileHandle Top => new()
    {
        Export = FileRig.Export,
        FileSystem = FileRig.FileSystem,
        Inode = FileService.RootInode,
        Generation = FileService.RootGeneration,
    };

    private FileCall NewCall(NfsProcedure procedure, FileHandle handle)
    {
        var call = new FileCall { HandleKey = ArgumentsBuilder.Key };
        call.Begin(procedure);
        (call.Handle, call.Caller, call.Export, call.ClientHash, call.Xid) = (handle, FileRig.Root, FileRig.Export, 5, ++_xid);
        call.Results = Reactor.Buffers.Rent(1024).Slice(0, 1024);
        return call;
    }

    private sealed record Write(long Block, long AskedNs)
    {
        public long AnsweredNs { get; set; }
    }

    private sealed record Cut(long Length, long AskedNs)
    {
        public long AnsweredNs { get; set; }
    }

    /// <summary>The records as one owner reaches them while it is the owner.</summary>
    private sealed class Term(MemoryRecordStore store) : IRecordStore
    {
        public bool IsOver { get; set; }

        public async ValueTask<RecordStatus> RunAsync(RecordOperation operation)
        {
            if (IsOver)
                return RecordStatus.Lost;
            var status = await store.RunAsync(operation);
            return IsOver ? RecordStatus.Lost : status;
        }
    }
}
