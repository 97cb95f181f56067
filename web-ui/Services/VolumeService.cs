using Uss.Runtime;
using Uss.Store;
using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Volumes, with what depends on them.</summary>
/// <param name="node">The node.</param>
/// <param name="records">The records.</param>
/// <param name="access">Applies changes to the target.</param>
public sealed class VolumeService(INode node, IRecordStore records, AccessService access)
{
    private readonly RecordReader _reader = new(records);

    /// <summary>All volumes, by name.</summary>
    public async Task<Result<IReadOnlyList<VolumeView>>> ListAsync()
    {
        var luns = await _reader.LunsAsync();
        if (!luns.IsOk)
            return luns.Fault;
        var volumes = await node.ListVolumesAsync();
        return Result<IReadOnlyList<VolumeView>>.Ok([.. volumes.Select(volume => View(volume, luns.Value))]);
    }

    /// <summary>One volume.</summary>
    public async Task<Result<VolumeView>> GetAsync(string name)
    {
        var volumes = await ListAsync();
        if (!volumes.IsOk)
            return volumes.Fault;
        var found = volumes.Value.FirstOrDefault(volume => volume.Name == name);
        return found is null ? Faults.VolumeNotFound(name) : found;
    }

    /// <summary>Creates a thin volume.</summary>
    public async Task<Result<VolumeView>> CreateAsync(CreateVolume request)
    {
        var copies = request.Copies ?? node.DefaultCopies;
        if ((VolumeRules.CheckName(request.Name) ?? Names.CheckSize(request.SizeBytes) ?? Names.CheckCopies(copies)) is { } bad)
            return bad;
        if (request is { Pool: not null, Copies: not null })
            return Faults.Bad("pool", "A pool has its number of copies already.", "Give a pool or a number of copies, not both.");
        var created = await node.CreateVolumeAsync(request.Name, WholeBlocks(request.SizeBytes), copies, request.Pool);
        if (!created.IsOk)
            return created.Fault;
        // Only the mapping of an earlier volume of this name could be there already; the target learns of the new one.
        return await access.ApplyAsync() is { } fault ? fault : await GetAsync(request.Name);
    }

    /// <summary>Grows a volume; sessions are told.</summary>
    public async Task<Result<VolumeView>> ResizeAsync(string name, ChangeVolume request)
    {
        if (Names.CheckSize(request.SizeBytes) is { } bad)
            return bad;
        var present = await GetAsync(name);
        if (!present.IsOk)
            return present.Fault;
        if (WholeBlocks(request.SizeBytes) < present.Value.SizeBytes)
            return Faults.VolumeShrinks(present.Value, request.SizeBytes);
        var resized = await node.ResizeVolumeAsync(name, WholeBlocks(request.SizeBytes));
        if (!resized.IsOk)
            return resized.Fault;
        return await access.ApplyAsync() is { } fault ? fault : await GetAsync(name);
    }

    /// <summary>Removes a volume that no LUN shows.</summary>
    /// <param name="name">The volume.</param>
    /// <param name="confirm">Must repeat the name.</param>
    public async Task<Result<VolumeView>> RemoveAsync(string name, string? confirm)
    {
        var found = await GetAsync(name);
        if (!found.IsOk)
            return found.Fault;
        var luns = await _reader.LunsAsync();
        if (!luns.IsOk)
            return luns.Fault;
        var mapped = luns.Value.Select(lun => lun.Record).Where(lun => lun.Volume == name).ToList();
        if (mapped.Count > 0)
            return Faults.VolumeMapped(name, mapped);
        if (confirm != name)
            return Faults.ConfirmationRequired("volume", name);
        return await node.RemoveVolumeAsync(name) is { } fault ? fault : found.Value;
    }

    // Volumes are made of 4 KiB blocks; initiators count in 512 bytes, and so may people.
    private static long WholeBlocks(long sizeBytes) =>
        (sizeBytes + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes * StoreUnits.BlockBytes;

    private static VolumeView View(NodeVolume volume, IReadOnlyList<Revised<LunRecord>> luns) => new()
    {
        Name = volume.Name,
        Id = volume.Id,
        SizeBytes = volume.SizeBytes,
        UsedBytes = volume.UsedBytes,
        Copies = volume.Copies,
        Pool = volume.Pool,
        State = volume.State,
        Problem = volume.Problem,
        Created = volume.Created,
        Luns = [.. luns.Where(lun => lun.Record.Volume == volume.Name).Select(lun => LunService.View(lun.Record))],
    };
}
