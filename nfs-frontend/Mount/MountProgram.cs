using System.Net;
using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Mount;

/// <summary>MOUNT version 3 (RFC 1813, 5): gives out the handle that a client begins with.</summary>
/// <param name="points">The exports and their directories.</param>
/// <param name="key">The key of handles, <see cref="FileHandle.KeyBytes"/> bytes.</param>
public sealed class MountProgram(IMountPoints points, ReadOnlyMemory<byte> key) : IRpcProgram
{
    // MNTPATHLEN.
    private const int MaximumPath = 1024;

    // A path as large as a record is an error of MOUNT and not of RPC.
    private const int DecodedPath = 64 << 10;

    private readonly MountList _mounts = new();

    /// <summary>Who has mounted what, as far as this front-end knows; paths are in UTF-8, if in anything.</summary>
    public IReadOnlyList<(IPAddress Client, byte[] Path)> Mounted => _mounts.All;

    /// <inheritdoc/>
    public uint Number => 100005;

    /// <inheritdoc/>
    public uint LowestVersion => 3;

    /// <inheritdoc/>
    public uint HighestVersion => 3;

    /// <inheritdoc/>
    public int DataOffset(in RpcCall call, ReadOnlySpan<byte> head) => 0;

    /// <inheritdoc/>
    public async ValueTask HandleAsync(RpcRequest request)
    {
        switch ((MountProcedure)request.Call.Procedure)
        {
            case MountProcedure.Null:
                request.Succeed();
                break;
            case MountProcedure.Mount:
                await MountAsync(request);
                break;
            case MountProcedure.Dump:
                Dump(request);
                break;
            case MountProcedure.Unmount:
                Unmount(request);
                break;
            case MountProcedure.UnmountAll:
                _mounts.RemoveAll(request.Client.Address);
                request.Succeed();
                break;
            case MountProcedure.Export:
                ListExports(request);
                break;
            default:
                request.Fail(AcceptStatus.ProcedureUnavailable);
                break;
        }
    }

    private async ValueTask MountAsync(RpcRequest request)
    {
        if (!TryReadPath(request, out var path))
            return;
        var (status, handle) = await FindAsync(request, path);
        if (status == MountStatus.Ok)
            _mounts.Add(request.Client.Address, path);
        Answer(request, status, handle);
    }

    private async ValueTask<(MountStatus Status, FileHandle Handle)> FindAsync(RpcRequest request, byte[] path)
    {
        if (path.Length > MaximumPath)
            return (MountStatus.NameTooLong, default);
        if (points.Exports.Resolve(path) is not { } found)
            return (MountStatus.NoEntry, default);
        if (found.Export.RuleFor(request.Client.Address) is not { } rule)
            return (MountStatus.AccessDenied, default);
        return await points.FindAsync(found.Export, found.Names, new Caller(request.Call.Flavor, request.User, rule));
    }

    private void Answer(RpcRequest request, MountStatus status, in FileHandle handle)
    {
        var results = request.BeginResults(4 + 4 + FileHandle.Size + 4 + 4);
        results.UInt32((uint)status);
        if (status == MountStatus.Ok)
        {
            Span<byte> bytes = stackalloc byte[FileHandle.Size];
            handle.Write(bytes, key.Span);
            results.Opaque(bytes);
            results.UInt32(1);
            results.UInt32((uint)AuthFlavor.Sys);
        }

        request.Succeed(results);
    }

    private void Unmount(RpcRequest request)
    {
        if (!TryReadPath(request, out var path))
            return;
        _mounts.Remove(request.Client.Address, path);
        request.Succeed();
    }

    // A list on the wire: "one more follows" before each entry, and 0 at its end.
    private void Dump(RpcRequest request)
    {
        var results = request.BeginResults(4 + _mounts.All.Sum(mount => 4 + SizeOf(mount.Client.ToString()) + SizeOf(mount.Path.Length)));
        foreach (var (client, path) in _mounts.All)
        {
            results.Boolean(true);
            Write(ref results, client.ToString());
            results.Opaque(path);
        }

        results.Boolean(false);
        request.Succeed(results);
    }

    private void ListExports(RpcRequest request)
    {
        var exports = points.Exports.All;
        var results = request.BeginResults(
            4 + exports.Sum(export => 8 + SizeOf(export.Path) + export.Rules.Sum(rule => 4 + SizeOf(rule.ToString()))));
        foreach (var export in exports)
        {
            results.Boolean(true);
            Write(ref results, export.Path);
            foreach (var rule in export.Rules)
            {
                results.Boolean(true);
                Write(ref results, rule.ToString());
            }

            results.Boolean(false);
        }

        results.Boolean(false);
        request.Succeed(results);
    }

    private static bool TryReadPath(RpcRequest request, out byte[] path)
    {
        var arguments = request.Arguments;
        var bytes = arguments.Opaque(DecodedPath);
        path = arguments.IsOk ? bytes.In(request.Message).ToArray() : [];
        if (!arguments.IsOk)
            request.Fail(AcceptStatus.GarbageArguments);
        return arguments.IsOk;
    }

    private static int SizeOf(string text) => SizeOf(Encoding.UTF8.GetByteCount(text));

    private static int SizeOf(int bytes) => 4 + bytes + XdrReader.PaddingOf(bytes);

    private static void Write(ref XdrWriter writer, string text) => writer.Opaque(Encoding.UTF8.GetBytes(text));
}
