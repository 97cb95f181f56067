using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Mount;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.VolumeFiles;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Owners;

/// <summary>Directories that can be mounted, looked up name by name at the owner of the file system.</summary>
public sealed class MountPoints(
    IFileSystems fileSystems, ExportGate gate, HandleKey key, Reactor reactor, VolumeDirectory volumes) : IMountPoints
{
    private const int RoomBytes = 4096;

    /// <inheritdoc/>
    public ExportTable Exports => gate.Exports;

    /// <inheritdoc/>
    public async ValueTask<(MountStatus Status, FileHandle Handle)> FindAsync(
        Export export, IReadOnlyList<ReadOnlyMemory<byte>> names, Caller caller)
    {
        if (fileSystems.Find(export.FileSystem) is not { } fileSystem)
            return (MountStatus.NoEntry, default);
        var handle = new FileHandle
        {
            Export = export.Id,
            FileSystem = export.FileSystem,
            Inode = export.Top.Inode,
            Generation = export.Top.Generation,
        };
        var room = reactor.Buffers.Rent(RoomBytes);
        var call = new FileCall { HandleKey = key.Bytes, Results = room.Slice(), Caller = caller, Export = export.Id, IsReadOnly = true };
        call.Top = export.Top.Inode;
        var status = NfsStatus.Ok;
        for (var index = 0; index < names.Count && status == NfsStatus.Ok; index++)
        {
            call.Begin(NfsProcedure.Lookup);
            call.Handle = handle;
            call.SetArguments(Arguments(handle, names[index].Span));
            await ExecuteAsync(fileSystem, call);
            if (call.Status == NfsStatus.NoEntry && index == 0 && VolumeDirectory.IsShown(export, caller, names[index].Span))
                volumes.AnswerLookup(call);
            (status, handle) = ReadHandle(call);
        }

        if (status == NfsStatus.Ok)
            status = await CheckDirectoryAsync(fileSystem, call, handle);
        room.Release();
        return (StatusOf(status), handle);
    }

    private ValueTask ExecuteAsync(FileSystemRoute fileSystem, FileCall call)
    {
        if (!VolumeDirectory.Owns(call.Handle))
            return fileSystem.ExecuteAsync(call);
        volumes.Execute(call);
        return ValueTask.CompletedTask;
    }

    private async ValueTask<NfsStatus> CheckDirectoryAsync(FileSystemRoute fileSystem, FileCall call, FileHandle handle)
    {
        call.Begin(NfsProcedure.GetAttributes);
        call.Handle = handle;
        await ExecuteAsync(fileSystem, call);
        var reader = new XdrReader(call.Results.Span[..call.ResultBytes]);
        var status = (NfsStatus)reader.UInt32();
        return status != NfsStatus.Ok || FileAttributes.Read(ref reader).Type == FileType.Directory ? status : NfsStatus.NotDirectory;
    }

    private byte[] Arguments(in FileHandle directory, ReadOnlySpan<byte> name)
    {
        var arguments = new byte[4 + FileHandle.Size + 4 + name.Length + 3];
        var writer = new XdrWriter(arguments);
        Span<byte> handle = stackalloc byte[FileHandle.Size];
        directory.Write(handle, key.Bytes.Span);
        writer.Opaque(handle);
        writer.Opaque(name);
        return arguments[..writer.Position];
    }

    private (NfsStatus Status, FileHandle Handle) ReadHandle(FileCall call)
    {
        var results = call.Results.Span[..call.ResultBytes];
        var reader = new XdrReader(results);
        var status = (NfsStatus)reader.UInt32();
        if (status != NfsStatus.Ok)
            return (status, default);
        return key.TryParse(reader.Opaque(NfsLimits.HandleBytes).In(results), out var handle)
            ? (NfsStatus.Ok, handle)
            : (NfsStatus.ServerFault, default);
    }

    private static MountStatus StatusOf(NfsStatus status) => status switch
    {
        NfsStatus.Ok => MountStatus.Ok,
        NfsStatus.NoEntry or NfsStatus.Stale => MountStatus.NoEntry,
        NfsStatus.AccessDenied => MountStatus.AccessDenied,
        NfsStatus.NotDirectory => MountStatus.NotDirectory,
        NfsStatus.NameTooLong => MountStatus.NameTooLong,
        NfsStatus.Io => MountStatus.Io,
        _ => MountStatus.ServerFault,
    };
}
