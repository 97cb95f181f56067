using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>The disks that the running node was given: at its start and since. On the reactor.</summary>
/// <param name="planned">Those of the start.</param>
/// <param name="opener">Opens them.</param>
/// <param name="coordination">Knows the disks of the service.</param>
/// <param name="options">How the node was started.</param>
internal sealed class DiskPlan(
    IReadOnlyList<PlannedDisk> planned, DiskOpener opener, ICoordinationStore coordination, ServeOptions options)
{
    private readonly List<PlannedDisk> _disks = [.. planned];

    /// <summary>The disks.</summary>
    public IReadOnlyList<PlannedDisk> Disks => _disks;

    /// <inheritdoc cref="DiskOpener.Find"/>
    public IDisk? Find(string path) => opener.Find(path);

    /// <summary>Plans a disk that is to be added; a fault when the records cannot be read.</summary>
    public async ValueTask<Result<DiskSource>> AddAsync(AddDisk request)
    {
        // Other nodes' disks may have come since the start, and must not be formatted either.
        var known = await KnownDisks.ReadAsync(coordination, options.Cluster?.Name);
        if (!known.IsOk)
            return known.Fault;
        opener.Know(known.Value.Ids);
        var path = Path.GetFullPath(request.Path);
        _disks.RemoveAll(disk => disk.Path == path);
        var added = PlannedDisk.Added(path, request.SizeBytes ?? 0, request.Format, _disks);
        _disks.Add(added);
        return opener.SourceOf(added);
    }

    /// <summary>A disk that could not be added.</summary>
    public void Forget(string path) => _disks.RemoveAll(disk => disk.Path == path);
}
