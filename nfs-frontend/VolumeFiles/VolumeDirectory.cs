using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;
using Uss.Volumes;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.VolumeFiles;

/// <summary>
/// The directory <c>volumes</c> of an export: each volume is a file in it, the same bytes as its LUN. Root alone may use it. It is found by
/// its name and not listed, and a directory of that name that somebody makes is found in its place.
/// </summary>
/// <remarks>
/// Its handles have inodes that no file system gives: bit 63 and nothing else for the directory, bits 63 and 62 and the lower 62 bits of
/// its identity for a volume.
/// </remarks>
public sealed class VolumeDirectory(BlockNode node, Reactor reactor)
{
    private const ulong DirectoryInode = 1UL << 63;
    private const ulong VolumeBits = 3UL << 62;
    private const uint Generation = 1;
    private const uint DirectoryMode = 0x140;
    private const uint FileMode = 0x180;
    private const uint OwnFileSystemBit = 1u << 31;
    private const ulong SelfCookie = 1;
    private const ulong ParentCookie = 2;

    /// <summary>Whether a caller finds it under a name at the root of an export, where the file system has nothing of that name.</summary>
    public static bool IsShown(Export export, in Caller caller, ReadOnlySpan<byte> name) =>
        export.ShowsVolumes && caller.IsRoot && name.SequenceEqual("volumes"u8);

    /// <summary>True for a handle of the directory or of a file in it.</summary>
    public static bool Owns(in FileHandle handle) => (handle.Inode & DirectoryInode) != 0;

    /// <summary>The volume of a handle; null when it is the directory's, or the volume is gone.</summary>
    public Volume? Find(in FileHandle handle)
    {
        foreach (var volume in node.Volumes.All)
        {
            if (InodeOf(volume) == handle.Inode)
                return volume;
        }

        return null;
    }

    /// <summary>Answers a LOOKUP that <see cref="IsShown"/>.</summary>
    public void AnswerLookup(FileCall call)
    {
        var writer = Begin(call, NfsStatus.Ok);
        WriteHandle(ref writer, call, DirectoryInode);
        WriteAttributes(ref writer, call, null);
        writer.Boolean(false);
        call.ResultBytes = writer.Position;
    }

    /// <summary>Carries out a call whose handle is one of these; of READ, WRITE and COMMIT what comes before the data.</summary>
    public void Execute(FileCall call)
    {
        var isDirectory = call.Handle.Inode == DirectoryInode;
        var volume = isDirectory ? null : Find(call.Handle);
        if (!call.Caller.IsRoot)
            Refuse(call, NfsStatus.AccessDenied);
        else if (!isDirectory && volume is null)
            Refuse(call, NfsStatus.Stale);
        else
            Execute(call, volume);
    }

    private void Execute(FileCall call, Volume? volume)
    {
        switch (call.Procedure)
        {
            case NfsProcedure.GetAttributes:
                var writer = Begin(call, NfsStatus.Ok);
                AttributesOf(call, volume).Write(ref writer);
                call.ResultBytes = writer.Position;
                break;
            case NfsProcedure.SetAttributes:
                SetAttributes(call, volume);
                break;
            case NfsProcedure.Lookup:
                Lookup(call, volume);
                break;
            case NfsProcedure.Access:
                Access(call, volume);
                break;
            case NfsProcedure.Read or NfsProcedure.Write or NfsProcedure.Commit:
                BeginData(call, volume);
                break;
            case NfsProcedure.ReadDirectory or NfsProcedure.ReadDirectoryPlus:
                List(call, volume);
                break;
            case NfsProcedure.FileSystemStatus or NfsProcedure.FileSystemInformation or NfsProcedure.PathConfiguration:
                VolumeLimits.Answer(call, volume, AttributesOf(call, volume));
                break;
            case NfsProcedure.ReadLink:
                Refuse(call, NfsStatus.Invalid);
                break;
            default:
                // Volumes are made and removed by administrators.
                Refuse(call, volume is null ? NfsStatus.AccessDenied : NfsStatus.NotDirectory);
                break;
        }
    }

    // Programs set times and modes of images; a volume has none. Its size is an administrator's matter.
    private void SetAttributes(FileCall call, Volume? volume)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var wanted = SetAttributesArguments.Read(ref reader).Attributes;
        var status = call.IsReadOnly ? NfsStatus.ReadOnly
            : wanted.Length is { } length && length != (ulong)(volume?.SizeBytes ?? 0) ? NfsStatus.NotOwner
            : NfsStatus.Ok;
        var writer = Begin(call, status);
        writer.Boolean(false);
        WriteAttributes(ref writer, call, volume);
        call.ResultBytes = writer.Position;
    }

    private void Lookup(FileCall call, Volume? directory)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var name = NamedEntry.Read(ref reader).Name.In(call.Arguments.Span);
        var found = directory is null ? node.Volumes.Find(System.Text.Encoding.UTF8.GetString(name)) : null;
        var status = directory is not null ? NfsStatus.NotDirectory
            : name.Length > NfsLimits.NameBytes ? NfsStatus.NameTooLong
            : found is null && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8) ? NfsStatus.NoEntry
            : NfsStatus.Ok;
        var writer = Begin(call, status);
        if (status == NfsStatus.Ok)
        {
            WriteHandle(ref writer, call, found is null ? DirectoryInode : InodeOf(found));
            WriteAttributes(ref writer, call, found);
        }

        WriteAttributes(ref writer, call, directory);
        call.ResultBytes = writer.Position;
    }

    private void Access(FileCall call, Volume? volume)
    {
        var reader = new XdrReader(call.Arguments.Span);
        var wanted = AccessArguments.Read(ref reader).Rights;
        var rights = volume is null ? AccessRights.Read | AccessRights.Lookup
            : call.IsReadOnly ? AccessRights.Read
            : AccessRights.Read | AccessRights.Modify;
        var writer = Begin(call, NfsStatus.Ok);
        WriteAttributes(ref writer, call, volume);
        writer.UInt32((uint)(wanted & rights));
        call.ResultBytes = writer.Position;
    }

    private void BeginData(FileCall call, Volume? volume)
    {
        var isWrite = call.Procedure == NfsProcedure.Write;
        if (volume is null)
        {
            Refuse(call, NfsStatus.IsDirectory);
            return;
        }

        var status = isWrite && call.IsReadOnly ? NfsStatus.ReadOnly
            : isWrite && call.Offset > volume.SizeBytes - call.Count ? NfsStatus.NoSpace
            : NfsStatus.Ok;
        call.Length = volume.SizeBytes;
        var writer = Begin(call, status);
        if (call.Procedure != NfsProcedure.Read)
            writer.Boolean(false);
        WriteAttributes(ref writer, call, volume);
        call.ResultBytes = writer.Position;
    }

    // A cookie is the name's place in the order of names, which may move when volumes come and go: a name more or less then.
    private void List(FileCall call, Volume? volume)
    {
        if (volume is not null)
        {
            Refuse(call, NfsStatus.NotDirectory);
            return;
        }

        var isPlus = call.Procedure == NfsProcedure.ReadDirectoryPlus;
        var reader = new XdrReader(call.Arguments.Span);
        var (cookie, count) = isPlus
            ? ReadDirectoryPlusArguments.Read(ref reader) is var plus ? (plus.Cookie, plus.Count) : default
            : ReadDirectoryArguments.Read(ref reader) is var plain ? (plain.Cookie, plain.Count) : default;
        var room = (int)Math.Min(count, (uint)call.Results.Length);
        var writer = Begin(call, NfsStatus.Ok);
        WriteAttributes(ref writer, call, null);
        writer.UInt64(0);
        var isEnd = TryWriteEntry(ref writer, call, cookie, SelfCookie, "."u8, null, room)
            && TryWriteEntry(ref writer, call, cookie, ParentCookie, ".."u8, null, room);
        var place = ParentCookie;
        foreach (var entry in node.Volumes.All)
        {
            isEnd = isEnd && TryWriteEntry(ref writer, call, cookie, ++place, System.Text.Encoding.UTF8.GetBytes(entry.Name), entry, room);
            if (!isEnd)
                break;
        }

        writer.Boolean(false);
        writer.Boolean(isEnd);
        call.ResultBytes = writer.Position;
    }

    // False when there is no room; what lies before the cookie has been told.
    private bool TryWriteEntry(
        ref XdrWriter writer, FileCall call, ulong after, ulong cookie, scoped ReadOnlySpan<byte> name, Volume? volume, int room)
    {
        const int endBytes = 8;
        if (cookie <= after)
            return true;
        var isPlus = call.Procedure == NfsProcedure.ReadDirectoryPlus;
        var bytes = 24 + name.Length + XdrReader.PaddingOf(name.Length) + (isPlus ? FileAttributes.OptionalSize + 8 + FileHandle.Size : 0);
        if (writer.Position + bytes + endBytes > room)
            return false;
        writer.Boolean(true);
        writer.UInt64(volume is null ? DirectoryInode : InodeOf(volume));
        writer.Opaque(name);
        writer.UInt64(cookie);
        if (!isPlus)
            return true;
        WriteAttributes(ref writer, call, volume);
        writer.Boolean(true);
        WriteHandle(ref writer, call, volume is null ? DirectoryInode : InodeOf(volume));
        return true;
    }

    private FileAttributes AttributesOf(FileCall call, Volume? volume)
    {
        // Volumes are written past this front-end, too: who asks is never to take what it has for new.
        var now = FileTime.Of((reactor.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100);
        return new FileAttributes
        {
            Type = volume is null ? FileType.Directory : FileType.Regular,
            Mode = volume is null ? DirectoryMode : FileMode,
            Links = volume is null ? 2u : 1u,
            Length = (ulong)(volume?.SizeBytes ?? 4096),
            Used = (ulong)(volume?.SizeBytes ?? 4096),
            FileSystemId = call.Handle.FileSystem | OwnFileSystemBit,
            Inode = volume is null ? DirectoryInode : InodeOf(volume),
            Accessed = now,
            Modified = now,
            Changed = now,
        };
    }

    private void WriteAttributes(ref XdrWriter writer, FileCall call, Volume? volume)
    {
        writer.Boolean(true);
        AttributesOf(call, volume).Write(ref writer);
    }

    private static void WriteHandle(ref XdrWriter writer, FileCall call, ulong inode)
    {
        Span<byte> bytes = stackalloc byte[FileHandle.Size];
        new FileHandle { Export = call.Export, FileSystem = call.Handle.FileSystem, Inode = inode, Generation = Generation }
            .Write(bytes, call.HandleKey.Span);
        writer.Opaque(bytes);
    }

    private static XdrWriter Begin(FileCall call, NfsStatus status)
    {
        var writer = new XdrWriter(call.Results.Span);
        writer.UInt32((uint)status);
        return writer;
    }

    private static void Refuse(FileCall call, NfsStatus status)
    {
        var writer = Begin(call, status);
        for (var missing = ProcedureArguments.OptionalAttributesOf(call.Procedure); missing > 0; missing--)
            writer.Boolean(false);
        call.ResultBytes = writer.Position;
    }

    private static ulong InodeOf(Volume volume) => volume.Id.Value | VolumeBits;
}
