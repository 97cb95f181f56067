using Uss.NfsFrontend.Nfs;
using Uss.Runtime;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Nfs;

/// <summary>One thread of a client: asks, waits for the answer, and notes both.</summary>
/// <param name="name">Its name in messages.</param>
/// <param name="client">Its machine.</param>
/// <param name="group">Where it works.</param>
/// <param name="random">Its choices.</param>
/// <param name="stamps">Gives the number of the next write.</param>
internal sealed class NfsWorker(string name, NfsClient client, NfsGroup group, SeededRandom random, Func<ulong> stamps)
{
    // A front-end that does not hear for so long what became of a write begins it anew.
    private const long TriedAgainNs = 2_900_000_000;

    private const int Sectors = 4 * BlockContent.BlockBytes / BlockContent.SectorBytes;

    // A part of each file lies where one object of the store ends and the next one begins.
    private const long FarOffset = (4 << 20) - (2 * BlockContent.BlockBytes);

    private static readonly string[] _names = ["a", "b", "c", "d"];

    private static long NowNs => Reactor.Current.MonotonicNs;

    /// <summary>Makes one call, whatever comes to its mind.</summary>
    public async ValueTask StepAsync()
    {
        var file = group.ChooseFile(random);
        switch (random.Next(file is null ? 10 : 30))
        {
            case < 3:
                await MakeAsync(NfsProcedure.Create);
                break;
            case 3:
                await MakeAsync(NfsProcedure.MakeDirectory);
                break;
            case 4 or 5:
                await TakeAsync(random.Next(4) == 0 ? NfsProcedure.RemoveDirectory : NfsProcedure.Remove);
                break;
            case 6 or 7:
                await RenameAsync();
                break;
            case 8:
                await LookupAsync(group.ChooseDirectory(random), Name());
                break;
            case 9:
                await ListAsync(group.ChooseDirectory(random));
                break;
            case 10 or 11:
                await LinkAsync(file!);
                break;
            case 12 or 13 or 14:
                await GetAttributesAsync(file!.Inode);
                break;
            case < 23:
                await WriteAsync(file!);
                break;
            case < 28:
                var (offset, length) = Range();
                await ReadAsync(file!, offset, length);
                break;
            default:
                await CutAsync(file!);
                break;
        }
    }

    /// <summary>Looks at everything that there is.</summary>
    public async ValueTask LookAtAllAsync()
    {
        await ListAsync(group.Root);
        foreach (var one in _names)
        {
            var found = await LookupAsync(group.Root, one);
            if ((found & NameState.DirectoryBit) == 0)
                continue;
            await ListAsync(found);
            foreach (var below in _names)
                await LookupAsync(found, below);
        }

        foreach (var file in group.Files.Values.ToList())
        {
            await GetAttributesAsync(file.Inode);
            foreach (var block in file.Blocks.ToList())
                await ReadAsync(file, block * BlockContent.BlockBytes, BlockContent.BlockBytes);
        }
    }

    private string Name() => _names[random.Next(_names.Length)];

    // Whole sectors.
    private (long Offset, int Length) Range()
    {
        var first = random.Next(Sectors);
        var length = random.Next(3) == 0 ? 1 + random.Next(Sectors - first) : Math.Min(8, Sectors - first);
        return ((random.Next(5) == 0 ? FarOffset : 0) + (first * BlockContent.SectorBytes), length * BlockContent.SectorBytes);
    }

    private async ValueTask MakeAsync(NfsProcedure procedure)
    {
        var directory = group.ChooseDirectory(random);
        var mode = (CreateMode)random.Next(3);
        var operation = Begin(procedure, directory, Name()) with
        {
            IsUnchecked = procedure == NfsProcedure.Create && mode == CreateMode.Unchecked,
        };
        var handle = group.HandleOf(directory);
        var call = procedure == NfsProcedure.MakeDirectory
            ? NfsCall.MakeDirectory(handle, operation.Name)
            : NfsCall.Create(handle, operation.Name, mode, 1 + stamps());
        var answer = await AskAsync(call, operation);
        if (answer.Status == NfsStatus.Ok)
            operation.Inode = group.SeeMade(answer, operation);
    }

    private async ValueTask TakeAsync(NfsProcedure procedure)
    {
        var directory = group.ChooseDirectory(random);
        var operation = Begin(procedure, directory, Name());
        var handle = group.HandleOf(directory);
        await AskAsync(
            procedure == NfsProcedure.Remove ? NfsCall.Remove(handle, operation.Name) : NfsCall.RemoveDirectory(handle, operation.Name), operation);
    }

    private async ValueTask RenameAsync()
    {
        var operation = Begin(NfsProcedure.Rename, group.ChooseDirectory(random), Name()) with
        {
            OtherDirectory = group.ChooseDirectory(random),
            OtherName = Name(),
        };
        await AskAsync(
            NfsCall.Rename(group.HandleOf(operation.Directory), operation.Name, group.HandleOf(operation.OtherDirectory), operation.OtherName),
            operation);
    }

    private async ValueTask LinkAsync(FileHistory file)
    {
        var directory = group.ChooseDirectory(random);
        var operation = Begin(NfsProcedure.Link, directory, Name());
        operation.Inode = file.Inode;
        await AskAsync(NfsCall.Link(file.Handle, group.HandleOf(directory), operation.Name), operation);
    }

    private async ValueTask<ulong> LookupAsync(ulong directory, string one)
    {
        var operation = Begin(NfsProcedure.Lookup, directory, one);
        var answer = await AskAsync(NfsCall.Lookup(group.HandleOf(directory), one), operation);
        return operation.Inode = answer.Status == NfsStatus.Ok ? group.See(answer, operation.Start) : 0;
    }

    private async ValueTask ListAsync(ulong directory)
    {
        var operation = Begin(NfsProcedure.ReadDirectory, directory, "");
        var answer = await AskAsync(NfsCall.ReadDirectory(group.HandleOf(directory), 0, 8192), operation);
        if (answer.Status != NfsStatus.Ok)
            return;
        if (!answer.IsEnd)
            throw new SimulationException("a short list is given at once");
        foreach (var entry in answer.Entries.Where(entry => entry.Name is not ("." or "..")))
        {
            operation.Listed.Add((entry.Name, entry.Inode));
            group.NoteLinked(entry.Inode, operation.Start);
        }
    }

    private async ValueTask GetAttributesAsync(ulong inode)
    {
        var operation = Begin(NfsProcedure.GetAttributes, 0, "");
        operation.Inode = inode;
        var answer = await AskAsync(NfsCall.GetAttributes(group.HandleOf(inode)), operation);
        if (answer.Attributes is not { } attributes)
            return;
        operation.Links = attributes.Links;
        if (attributes.Links > 0)
            group.NoteLinked(inode, operation.Start);
        group.Files[inode].NoteLength(name, operation.Start, operation.End, (long)attributes.Length);
    }

    private async ValueTask WriteAsync(FileHistory file)
    {
        var (offset, length) = Range();
        var stamp = stamps();
        var data = new byte[length];
        for (var at = 0; at < length; at += BlockContent.SectorBytes)
        {
            var sector = (int)((offset + at) % BlockContent.BlockBytes / BlockContent.SectorBytes);
            BlockContent.FillSector(data.AsSpan(at, BlockContent.SectorBytes), sector, stamp);
        }

        var (change, blocks) = file.BeginWrite(name, NowNs, offset, length, stamp);
        var answer = await client.CallAsync(NfsCall.Write(file.Handle, offset, data));
        RequireDone(answer, "WRITE");
        file.EndChange(change, answer, NowNs);
        foreach (var (number, write) in blocks)
        {
            (write.End, write.IsOptional) = (NowNs, answer.Status != NfsStatus.Ok);
            if (answer.IsRepeated || NowNs - write.Start > TriedAgainNs)
                file.AllowTwice(write, number);
        }

        if (answer.Status == NfsStatus.Ok && answer.Count != length)
            throw new SimulationException($"{answer.Count} of {length} bytes were written");
    }

    private async ValueTask CutAsync(FileHistory file)
    {
        var (offset, _) = Range();
        var change = file.BeginCut(name, NowNs, offset);
        var answer = await client.CallAsync(NfsCall.SetLength(file.Handle, offset));
        RequireDone(answer, "SETATTR");
        file.EndChange(change, answer, NowNs);
    }

    private async ValueTask ReadAsync(FileHistory file, long offset, int length)
    {
        var start = NowNs;
        var answer = await client.CallAsync(NfsCall.Read(file.Handle, offset, length));
        RequireDone(answer, "READ");
        if (answer.Status != NfsStatus.Ok)
            return;
        var held = (long)answer.Attributes!.Value.Length;
        if (answer.Data.Length != Math.Max(0, Math.Min(length, held - offset)) || answer.IsEnd != offset + answer.Data.Length >= held)
            throw new SimulationException($"{answer.Data.Length} bytes from {offset} of a file of {held} bytes, at its end: {answer.IsEnd}");
        file.NoteLength(name, start, NowNs, held);
        file.NoteData(start, NowNs, offset, answer.Data);
    }

    private NameOperation Begin(NfsProcedure procedure, ulong directory, string one) => new()
    {
        Procedure = procedure,
        Client = name,
        Start = NowNs,
        Directory = directory,
        Name = one,
    };

    private async ValueTask<NfsAnswer> AskAsync(NfsCall call, NameOperation operation)
    {
        group.Add(operation);
        var answer = await client.CallAsync(call);
        (operation.End, operation.Status) = (NowNs, answer.Status);
        if (answer.Status is NfsStatus.Io or NfsStatus.ServerFault or NfsStatus.NoSpace or NfsStatus.AccessDenied)
            throw new SimulationException($"{operation} sees no error of the server's");
        return answer;
    }

    // A file that is gone is stale; nothing else stands in the way.
    private static void RequireDone(NfsAnswer answer, string what)
    {
        if (answer.Status is not (NfsStatus.Ok or NfsStatus.Stale))
            throw new SimulationException($"{what} is answered {answer.Status}");
    }
}
