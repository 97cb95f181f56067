using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.Simulation.Nfs;

/// <summary>A call of NFS as a client makes it: the procedure and its arguments (RFC 1813, 3.3).</summary>
/// <param name="Procedure">The procedure.</param>
/// <param name="Arguments">Its arguments in XDR.</param>
internal sealed record NfsCall(NfsProcedure Procedure, byte[] Arguments)
{
    private const int MaximumBytes = 1024;
    private const ulong NoVerifier = 0;

    public static NfsCall GetAttributes(byte[] file) => Of(NfsProcedure.GetAttributes, file);

    public static NfsCall Commit(byte[] file) => Of(NfsProcedure.Commit, file, 0, 0);

    public static NfsCall Lookup(byte[] directory, string name) => Of(NfsProcedure.Lookup, directory, name);

    public static NfsCall Remove(byte[] directory, string name) => Of(NfsProcedure.Remove, directory, name);

    public static NfsCall RemoveDirectory(byte[] directory, string name) => Of(NfsProcedure.RemoveDirectory, directory, name);

    public static NfsCall Read(byte[] file, long offset, int count) => Of(NfsProcedure.Read, file, (ulong)offset, (uint)count);

    /// <summary>Changes nothing but the length.</summary>
    public static NfsCall SetLength(byte[] file, long length)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        writer.Opaque(file);
        WriteAttributes(ref writer, length);
        writer.Boolean(false);
        return new NfsCall(NfsProcedure.SetAttributes, arguments[..writer.Position]);
    }

    public static NfsCall Write(byte[] file, long offset, ReadOnlySpan<byte> data)
    {
        var arguments = new byte[MaximumBytes + data.Length];
        var writer = new XdrWriter(arguments);
        writer.Opaque(file);
        writer.UInt64((ulong)offset);
        writer.UInt32((uint)data.Length);
        writer.UInt32((uint)StableHow.FileSync);
        writer.Opaque(data);
        return new NfsCall(NfsProcedure.Write, arguments[..writer.Position]);
    }

    /// <summary>A file; the verifier counts where the mode is <see cref="CreateMode.Exclusive"/>.</summary>
    public static NfsCall Create(byte[] directory, string name, CreateMode mode, ulong verifier = 0)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        WriteName(ref writer, directory, name);
        writer.UInt32((uint)mode);
        if (mode == CreateMode.Exclusive)
            writer.UInt64(verifier);
        else
            WriteAttributes(ref writer, null);
        return new NfsCall(NfsProcedure.Create, arguments[..writer.Position]);
    }

    public static NfsCall MakeDirectory(byte[] directory, string name)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        WriteName(ref writer, directory, name);
        WriteAttributes(ref writer, null);
        return new NfsCall(NfsProcedure.MakeDirectory, arguments[..writer.Position]);
    }

    public static NfsCall Rename(byte[] from, string oldName, byte[] to, string newName)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        WriteName(ref writer, from, oldName);
        WriteName(ref writer, to, newName);
        return new NfsCall(NfsProcedure.Rename, arguments[..writer.Position]);
    }

    public static NfsCall Link(byte[] file, byte[] directory, string name)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        writer.Opaque(file);
        WriteName(ref writer, directory, name);
        return new NfsCall(NfsProcedure.Link, arguments[..writer.Position]);
    }

    /// <summary>Names behind a cookie, in an answer of at most so many bytes.</summary>
    public static NfsCall ReadDirectory(byte[] directory, ulong cookie, int bytes)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        writer.Opaque(directory);
        writer.UInt64(cookie);
        writer.UInt64(NoVerifier);
        writer.UInt32((uint)bytes);
        return new NfsCall(NfsProcedure.ReadDirectory, arguments[..writer.Position]);
    }

    private static NfsCall Of(NfsProcedure procedure, byte[] file)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        writer.Opaque(file);
        return new NfsCall(procedure, arguments[..writer.Position]);
    }

    private static NfsCall Of(NfsProcedure procedure, byte[] file, ulong offset, uint count)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        writer.Opaque(file);
        writer.UInt64(offset);
        writer.UInt32(count);
        return new NfsCall(procedure, arguments[..writer.Position]);
    }

    private static NfsCall Of(NfsProcedure procedure, byte[] directory, string name)
    {
        var arguments = new byte[MaximumBytes];
        var writer = new XdrWriter(arguments);
        WriteName(ref writer, directory, name);
        return new NfsCall(procedure, arguments[..writer.Position]);
    }

    private static void WriteName(ref XdrWriter writer, byte[] directory, string name)
    {
        writer.Opaque(directory);
        writer.Opaque(System.Text.Encoding.UTF8.GetBytes(name));
    }

    // sattr3 (2.6): no mode, user or group, the length where it is given, no times.
    private static void WriteAttributes(ref XdrWriter writer, long? length)
    {
        writer.Boolean(false);
        writer.Boolean(false);
        writer.Boolean(false);
        writer.Boolean(length is not null);
        if (length is { } given)
            writer.UInt64((ulong)given);
        writer.UInt32((uint)TimeChange.Keep);
        writer.UInt32((uint)TimeChange.Keep);
    }
}
