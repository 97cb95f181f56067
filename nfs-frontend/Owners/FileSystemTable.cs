using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Uss.NfsFrontend.Administration;
using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Nlm;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>All file systems at this node: the way to each, and what other front-ends ask of those that it owns.</summary>
public sealed class FileSystemTable : IFileSystems, ISpaceOwner, ILockOwners
{
    private readonly BlockNode _node;
    private readonly Reactor _reactor;
    private readonly HandleKey _key;
    private readonly OwnerOptions _options;
    private readonly Dictionary<uint, FileSystemRoute> _routes = [];
    private readonly Dictionary<ulong, FileSystemRoute> _bySpace = [];
    private readonly Stack<FileCall> _calls = new();

    /// <summary>Creates the table and answers the calls of other nodes from then on.</summary>
    public FileSystemTable(BlockNode node, Reactor reactor, HandleKey key, OwnerOptions options)
    {
        (_node, _reactor, _key, _options) = (node, reactor, key, options);
        node.SpaceOwner = this;
    }

    /// <inheritdoc/>
    public FileSystemRoute? Find(uint id) => _routes.GetValueOrDefault(id) is { Owner.IsRemoving: false } route ? route : null;

    /// <inheritdoc/>
    public IReadOnlyList<uint> FileSystems => [.. _routes.Keys];

    /// <summary>Tells clients of this front-end that they have locks that they wait for.</summary>
    public NlmCallbacks? Callbacks { get; set; }

    /// <inheritdoc/>
    public ValueTask<LockReply> CallAsync(LockCall call) => Find(call.FileSystem) is { } route
        ? route.LockAsync(call)
        : new ValueTask<LockReply>(new LockReply(LockStatus.StaleHandle));

    /// <summary>Has the owner of a file system do what an administrator wants; null when there is no such file system.</summary>
    public async ValueTask<Result<FileSystemAnswer>?> AdministerAsync(uint id, FileSystemRequest request) =>
        Find(id) is { } route ? await route.AdministerAsync(request) : (Result<FileSystemAnswer>?)null;

    /// <summary>Why a file system that this node owns cannot be opened; null when nothing is wrong.</summary>
    public Fault? FaultOf(uint id) => Find(id)?.Owner.Fault;

    /// <summary>A file system is there.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="pool">Number of its pool.</param>
    /// <param name="root">Its uppermost directory when it is used for the first time; null: one that everybody may use.</param>
    /// <returns>False when there is no such pool yet.</returns>
    public bool Add(uint id, int pool, RootDirectory? root = null)
    {
        if (_routes.ContainsKey(id))
            return true;
        if (_node.FilesOf(pool, (int)id) is not { } files)
            return false;
        var space = BlockNode.MetadataSpaceOf(pool, (int)id);
        var owner = new FileSystemOwner(_node, _reactor, space, new FileData(files, () => _node.RoomOf(pool)), new LockGrants(_node, this), _options)
        {
            Root = root ?? RootDirectory.Default,
            Emptied = () => _node.FileSystems.ForgetAsync((int)id),
        };
        var route = new FileSystemRoute(_node, space, files, owner, VerifierOf(id));
        _routes.Add(id, route);
        _bySpace.Add(space, route);
        _reactor.Spawn(owner.RunAsync());
        return true;
    }

    /// <summary>
    /// A file system is being removed: nobody is served any more, and whoever owns it gives back what it holds, then has its record go.
    /// </summary>
    public void BeginRemoval(uint id)
    {
        if (_routes.TryGetValue(id, out var route))
            route.Owner.IsRemoving = true;
    }

    /// <summary>A file system is gone.</summary>
    public async ValueTask RemoveAsync(uint id)
    {
        if (!_routes.Remove(id, out var route))
            return;
        _bySpace.Remove(route.Space);
        await route.Owner.CloseAsync();
    }

    /// <summary>Closes all.</summary>
    public async ValueTask CloseAsync()
    {
        _node.SpaceOwner = null;
        foreach (var id in _routes.Keys.ToList())
            await RemoveAsync(id);
    }

    /// <inheritdoc/>
    public async ValueTask<int> CallAsync(ulong space, ReadOnlyMemory<byte> request, Memory<byte> answer)
    {
        if (space == BlockNode.NoSpace)
            return await GrantAsync(request, answer);
        if (!_bySpace.TryGetValue(space, out var route))
            return -1;
        if (route.Owner.Service is not { } service)
            return FileCallMessage.IsAdministration(request.Span) ? await AdministerAsync(route.Owner, request, answer) : -1;
        if (!_calls.TryPop(out var call))
            call = new FileCall { HandleKey = _key.Bytes };
        var length = -1;
        switch (FileCallMessage.Read(request.Span, call, out var ended))
        {
            case FileCallMessage.Kind.End:
                service.EndWrite(ended);
                length = 0;
                break;
            case FileCallMessage.Kind.Call:
                length = await ExecuteAsync(service, call, answer);
                break;
            case FileCallMessage.Kind.Lock:
                length = await LockAsync(route.Owner.Locks!, request, answer);
                break;
            case FileCallMessage.Kind.Administration:
                length = await AdministerAsync(route.Owner, request, answer);
                break;
        }

        _calls.Push(call);
        return length;
    }

    private async ValueTask<int> ExecuteAsync(FileService service, FileCall call, Memory<byte> answer)
    {
        var room = _reactor.Buffers.Rent(FileCall.MaximumResultBytes);
        call.Results = room.Slice(0, FileCall.MaximumResultBytes);
        var length = -1;
        if (await service.ExecuteAsync(call) == RecordStatus.Ok)
        {
            length = FileCallMessage.AnswerBytesOf(call.ResultBytes);
            FileCallMessage.WriteAnswerHead(call, answer.Span);
            room.Slice(0, call.ResultBytes).Span.CopyTo(answer.Span[FileCallMessage.AnswerBytesOf(0)..]);
        }

        call.Results = default;
        room.Release();
        return length;
    }

    private static async ValueTask<int> LockAsync(LockService locks, ReadOnlyMemory<byte> request, Memory<byte> answer)
    {
        if (!FileCallMessage.TryReadLock(request.Span, out var call))
            return -1;
        var reply = await locks.CallAsync(call);
        reply.Write(answer.Span);
        return reply.Size;
    }

    private static async ValueTask<int> AdministerAsync(FileSystemOwner owner, ReadOnlyMemory<byte> request, Memory<byte> answer)
    {
        if (FileCallMessage.ReadRequest(request.Span) is not { } wanted || await owner.AdministerAsync(wanted) is not { } done)
            return -1;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(done, AdministrationJson.Default.FileSystemAnswer);
        if (bytes.Length > answer.Length)
            return -1;
        bytes.CopyTo(answer);
        return bytes.Length;
    }

    // The owner of a file system at another node has a lock for a client that asked for it here.
    private async ValueTask<int> GrantAsync(ReadOnlyMemory<byte> request, Memory<byte> answer)
    {
        if (Callbacks is not { } callbacks || !FileCallMessage.TryReadLock(request.Span, out var call))
            return -1;
        var outcome = await callbacks.GrantAsync(call);
        BinaryPrimitives.WriteUInt32BigEndian(answer.Span, (uint)outcome);
        return sizeof(uint);
    }

    // Says nothing of the key, and is different in every cluster.
    private ulong VerifierOf(uint id)
    {
        Span<byte> name = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(name, id);
        return BinaryPrimitives.ReadUInt64BigEndian(HMACSHA256.HashData(_key.Bytes.Span, name));
    }
}
