using System.Globalization;
using System.Text;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>The calls of the load: NFS version 3 and MOUNT version 3 (RFC 1813).</summary>
internal static class NfsCalls
{
    private const uint NfsProgram = 100_003;
    private const uint MountProgram = 100_005;
    private const uint Version = 3;
    private const uint Mount = 1;
    private const uint FileMode = 0x1A4; // rw-r--r--
    private const uint DirectoryMode = 0x1ED; // rwxr-xr-x

    /// <summary>MNT (5.2.1).</summary>
    public static NfsCall MountOf(string path) => new(
        new RpcProcedure(MountProgram, Version, Mount),
        0,
        (ref writer, _) => writer.Opaque(Encoding.UTF8.GetBytes(path)));

    /// <summary>LOOKUP (3.3.3) of one name.</summary>
    public static NfsCall Lookup(byte[] directory, string name) => Named(NfsProcedure.Lookup, directory, name);

    /// <summary>LOOKUP of the file of each number.</summary>
    public static NfsCall LookupFiles(byte[] directory) => Numbered(NfsProcedure.Lookup, directory);

    /// <summary>REMOVE (3.3.12) of the file of each number.</summary>
    public static NfsCall RemoveFiles(byte[] directory) => Numbered(NfsProcedure.Remove, directory);

    /// <summary>RMDIR (3.3.13).</summary>
    public static NfsCall RemoveDirectory(byte[] directory, string name) => Named(NfsProcedure.RemoveDirectory, directory, name);

    /// <summary>MKDIR (3.3.9).</summary>
    public static NfsCall MakeDirectory(byte[] directory, string name) => Of(NfsProcedure.MakeDirectory, 0, (ref writer, _) =>
    {
        writer.Opaque(directory);
        writer.Opaque(Encoding.UTF8.GetBytes(name));
        WriteAttributes(ref writer, DirectoryMode);
    });

    /// <summary>CREATE (3.3.8) of one name, UNCHECKED.</summary>
    public static NfsCall Create(byte[] directory, string name) => Of(NfsProcedure.Create, 0, (ref writer, _) =>
    {
        writer.Opaque(directory);
        writer.Opaque(Encoding.UTF8.GetBytes(name));
        writer.UInt32((uint)CreateMode.Unchecked);
        WriteAttributes(ref writer, FileMode);
    });

    /// <summary>CREATE of the file of each number, GUARDED: it must not be there.</summary>
    public static NfsCall CreateFiles(byte[] directory) => Of(NfsProcedure.Create, 0, (ref writer, number) =>
    {
        writer.Opaque(directory);
        WriteName(ref writer, number);
        writer.UInt32((uint)CreateMode.Guarded);
        WriteAttributes(ref writer, FileMode);
    });

    /// <summary>WRITE (3.3.7) of each block of a file in turn, UNSTABLE.</summary>
    public static NfsCall WriteInTurn(byte[] file, byte[] data) => Of(
        NfsProcedure.Write,
        data.Length,
        (ref writer, number) => WriteData(ref writer, file, (ulong)number * (uint)data.Length, StableHow.Unstable, data));

    /// <summary>WRITE of a random block of a file, FILE_SYNC.</summary>
    /// <param name="file">The file's handle.</param>
    /// <param name="fileBytes">Its length.</param>
    /// <param name="data">What each block becomes.</param>
    public static NfsCall WriteAnywhere(byte[] file, long fileBytes, byte[] data)
    {
        var random = new Random();
        var blocks = fileBytes / data.Length;
        return Of(
            NfsProcedure.Write,
            data.Length,
            (ref writer, _) => WriteData(ref writer, file, (ulong)(random.NextInt64(blocks) * data.Length), StableHow.FileSync, data));
    }

    /// <summary>COMMIT (3.3.21) of a whole file.</summary>
    public static NfsCall Commit(byte[] file) => Of(NfsProcedure.Commit, 0, (ref writer, _) =>
    {
        writer.Opaque(file);
        writer.UInt64(0);
        writer.UInt32(0);
    });

    /// <summary>READDIRPLUS (3.3.17) from a cookie on, with the bounds that Linux asks with: 8 KiB of names, 32 KiB of results.</summary>
    public static NfsCall List(byte[] directory, ulong cookie, ulong verifier) => Of(NfsProcedure.ReadDirectoryPlus, 0, (ref writer, _) =>
    {
        writer.Opaque(directory);
        writer.UInt64(cookie);
        writer.UInt64(verifier);
        writer.UInt32(8 << 10);
        writer.UInt32(32 << 10);
    });

    private static NfsCall Of(NfsProcedure procedure, int dataBytes, ArgumentWriter write) =>
        new(new RpcProcedure(NfsProgram, Version, (uint)procedure), dataBytes, write);

    private static NfsCall Named(NfsProcedure procedure, byte[] directory, string name) => Of(procedure, 0, (ref writer, _) =>
    {
        writer.Opaque(directory);
        writer.Opaque(Encoding.UTF8.GetBytes(name));
    });

    private static NfsCall Numbered(NfsProcedure procedure, byte[] directory) => Of(procedure, 0, (ref writer, number) =>
    {
        writer.Opaque(directory);
        WriteName(ref writer, number);
    });

    private static void WriteName(ref XdrWriter writer, int number)
    {
        Span<byte> name = stackalloc byte[16];
        name[0] = (byte)'f';
        number.TryFormat(name[1..], out var length, "D7", CultureInfo.InvariantCulture);
        writer.Opaque(name[..(1 + length)]);
    }

    // sattr3 (2.6) with permission bits alone.
    private static void WriteAttributes(ref XdrWriter writer, uint mode)
    {
        writer.Boolean(true);
        writer.UInt32(mode);
        for (var kept = 0; kept < 5; kept++)
            writer.UInt32(0);
    }

    private static void WriteData(ref XdrWriter writer, byte[] file, ulong offset, StableHow stable, byte[] data)
    {
        writer.Opaque(file);
        writer.UInt64(offset);
        writer.UInt32((uint)data.Length);
        writer.UInt32((uint)stable);
        writer.Opaque(data);
    }
}
