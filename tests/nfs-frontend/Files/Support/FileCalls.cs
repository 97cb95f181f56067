using Uss.NfsFrontend.Nfs;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>The procedures as methods.</summary>
internal static class FileCalls
{
    public static FileReply GetAttributes(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.GetAttributes, file, Of(file));

    public static FileReply SetAttributes(this FileRig rig, FileHandle file, SetAttributes wanted, NfsTime? guard = null, uint? xid = null) =>
        rig.End(rig.BeginSetAttributes(file, wanted, guard, xid));

    public static SimulatedRun<FileReply?> BeginSetAttributes(this FileRig rig, FileHandle file, SetAttributes wanted, NfsTime? guard = null, uint? xid = null)
    {
        var arguments = Of(file).Attributes(wanted);
        arguments = guard is { } time ? arguments.UInt32(1).Time(time) : arguments.UInt32(0);
        return rig.Begin(NfsProcedure.SetAttributes, file, arguments, xid: xid);
    }

    public static FileReply SetLength(this FileRig rig, FileHandle file, long length, uint? xid = null) =>
        rig.SetAttributes(file, new SetAttributes { Length = (ulong)length }, xid: xid);

    public static FileReply Lookup(this FileRig rig, FileHandle directory, string name) => rig.Do(NfsProcedure.Lookup, directory, Of(directory, name));

    public static FileReply Access(this FileRig rig, FileHandle file, AccessRights rights = (AccessRights)0x3F) =>
        rig.Do(NfsProcedure.Access, file, Of(file).UInt32((uint)rights));

    public static FileReply ReadLink(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.ReadLink, file, Of(file));

    public static FileReply Read(this FileRig rig, FileHandle file, long offset, int count) =>
        rig.Do(NfsProcedure.Read, file, new ArgumentsBuilder(), offset: offset, count: count);

    /// <summary>A write from its begin to its end.</summary>
    public static FileReply Write(this FileRig rig, FileHandle file, long offset, int count, uint? xid = null)
    {
        var reply = rig.BeginWrite(file, offset, count, xid);
        rig.EndWrite(reply);
        return reply;
    }

    /// <summary>A write that has begun.</summary>
    public static FileReply BeginWrite(this FileRig rig, FileHandle file, long offset, int count, uint? xid = null) =>
        rig.Do(NfsProcedure.Write, file, new ArgumentsBuilder(), xid: xid, offset: offset, count: count);

    /// <summary>A copy of a write, which may have to wait.</summary>
    public static SimulatedRun<FileReply?> BeginWriteCopy(this FileRig rig, FileHandle file, long offset, int count, uint xid, ulong copy)
    {
        rig.Copy = copy;
        var run = rig.Begin(NfsProcedure.Write, file, new ArgumentsBuilder(), xid: xid, offset: offset, count: count);
        rig.Copy = 0;
        return run;
    }

    public static void EndWrite(this FileRig rig, FileReply write) => rig.World.Run(rig.Reactor, () =>
    {
        rig.Service.EndWrite(new EndedWrite(write.Ticket, write.Key, IsDone: true));
        return ValueTask.CompletedTask;
    });

    public static FileReply Create(
        this FileRig rig,
        FileHandle directory,
        string name,
        CreateMode mode = CreateMode.Guarded,
        SetAttributes wanted = default,
        ulong verifier = 0,
        uint? xid = null)
    {
        var arguments = Of(directory, name).UInt32((uint)mode);
        arguments = mode == CreateMode.Exclusive ? arguments.UInt64(verifier) : arguments.Attributes(wanted);
        return rig.Do(NfsProcedure.Create, directory, arguments, xid: xid);
    }

    public static FileReply MakeDirectory(this FileRig rig, FileHandle directory, string name, SetAttributes wanted = default, uint? xid = null) =>
        rig.Do(NfsProcedure.MakeDirectory, directory, Of(directory, name).Attributes(wanted), xid: xid);

    public static FileReply MakeLink(this FileRig rig, FileHandle directory, string name, string path, SetAttributes wanted = default, uint? xid = null) =>
        rig.Do(NfsProcedure.SymbolicLink, directory, Of(directory, name).Attributes(wanted).Opaque(FileRig.Bytes(path)), xid: xid);

    public static FileReply MakeNode(
        this FileRig rig, FileHandle directory, string name, FileType type, SetAttributes wanted = default, (uint Major, uint Minor) device = default)
    {
        var arguments = Of(directory, name).UInt32((uint)type);
        if (type is FileType.BlockDevice or FileType.CharacterDevice)
            arguments = arguments.Attributes(wanted).UInt32(device.Major).UInt32(device.Minor);
        else if (type is FileType.Socket or FileType.Pipe)
            arguments = arguments.Attributes(wanted);
        return rig.Do(NfsProcedure.MakeNode, directory, arguments);
    }

    public static FileReply Remove(this FileRig rig, FileHandle directory, string name, uint? xid = null) =>
        rig.Do(NfsProcedure.Remove, directory, Of(directory, name), xid: xid);

    public static FileReply RemoveDirectory(this FileRig rig, FileHandle directory, string name, uint? xid = null) =>
        rig.Do(NfsProcedure.RemoveDirectory, directory, Of(directory, name), xid: xid);

    public static FileReply Rename(this FileRig rig, FileHandle from, string name, FileHandle to, string newName, uint? xid = null) => rig.Do(
        NfsProcedure.Rename, from, Of(from, name).Handle(to).Opaque(FileRig.Bytes(newName)), to, xid);

    public static FileReply Link(this FileRig rig, FileHandle file, FileHandle directory, string name, uint? xid = null) =>
        rig.Do(NfsProcedure.Link, file, Of(file).Handle(directory).Opaque(FileRig.Bytes(name)), directory, xid);

    public static FileReply List(this FileRig rig, FileHandle directory, ulong cookie = 0, uint count = 8192) =>
        rig.Do(NfsProcedure.ReadDirectory, directory, Of(directory).UInt64(cookie).UInt64(0).UInt32(count), room: count);

    public static FileReply ListPlus(this FileRig rig, FileHandle directory, ulong cookie = 0, uint nameCount = 8192, uint count = 32768) =>
        rig.Do(NfsProcedure.ReadDirectoryPlus, directory, Of(directory).UInt64(cookie).UInt64(0).UInt32(nameCount).UInt32(count), room: count);

    public static FileReply Status(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.FileSystemStatus, file, Of(file));

    public static FileReply Information(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.FileSystemInformation, file, Of(file));

    public static FileReply Configuration(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.PathConfiguration, file, Of(file));

    public static FileReply Commit(this FileRig rig, FileHandle file) => rig.Do(NfsProcedure.Commit, file, Of(file).UInt64(0).UInt32(0));

    /// <summary>A file that must be made.</summary>
    public static FileHandle File(this FileRig rig, FileHandle directory, string name, uint? mode = null) =>
        Made(rig.Create(directory, name, wanted: new SetAttributes { Mode = mode }));

    /// <summary>A directory that must be made.</summary>
    public static FileHandle Folder(this FileRig rig, FileHandle directory, string name, uint? mode = null) =>
        Made(rig.MakeDirectory(directory, name, new SetAttributes { Mode = mode }));

    public static FileHandle Made(FileReply reply)
    {
        Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
        return reply.Handle!.Value;
    }

    /// <summary>All names of a directory but '.' and '..', listed in pieces.</summary>
    public static List<string> Names(this FileRig rig, FileHandle directory, uint count = 8192)
    {
        var names = new List<string>();
        var cookie = 0UL;
        FileReply reply;
        do
        {
            reply = rig.List(directory, cookie, count);
            Assert.That(reply.Status, Is.EqualTo(NfsStatus.Ok));
            names.AddRange(reply.Entries.Select(entry => FileRig.Text(entry.Name)));
            cookie = reply.Entries.Count > 0 ? reply.Entries[^1].Cookie : cookie;
        }
        while (!reply.IsEnd);
        Assert.That(names.Take(2), Is.EqualTo(new[] { ".", ".." }));
        return names[2..];
    }

    private static ArgumentsBuilder Of(in FileHandle handle) => new ArgumentsBuilder().Handle(handle);

    private static ArgumentsBuilder Of(in FileHandle handle, string name) => Of(handle).Opaque(FileRig.Bytes(name));
}
