using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Which volume is which LUN, and for whom.</summary>
/// <param name="node">The node.</param>
/// <param name="records">The records.</param>
/// <param name="access">Applies changes to the target.</param>
public sealed class LunService(INode node, IRecordStore records, AccessService access) : IDisposable
{
    private readonly RecordReader _reader = new(records);

    // Conditions name single keys, but whether a LUN is free depends on several: one mapping at a time.
    private readonly SemaphoreSlim _mapping = new(1, 1);

    /// <summary>All mappings, by LUN.</summary>
    public async Task<Result<IReadOnlyList<LunView>>> ListAsync()
    {
        var luns = await _reader.LunsAsync();
        return luns.IsOk ? Result<IReadOnlyList<LunView>>.Ok([.. luns.Value.Select(lun => View(lun.Record))]) : luns.Fault;
    }

    /// <summary>Maps a volume. A LUN is shown either to all initiators or to named ones, never both.</summary>
    public async Task<Result<LunView>> MapAsync(MapLun request)
    {
        var initiator = request.Initiator is null or Names.AnyInitiator ? null : Names.FoldIqn(request.Initiator);
        var bad = (request.Lun is { } number ? Names.CheckLun(number) : null) ?? (initiator is null ? null : Names.CheckIqn(initiator));
        if (bad is not null)
            return bad;
        if (!(await node.ListVolumesAsync()).Any(volume => volume.Name == request.Volume))
            return Faults.VolumeNotFound(request.Volume);
        await _mapping.WaitAsync();
        try
        {
            var mapped = await _reader.ChangeAsync(async () => Decide(await _reader.LunsAsync(), request, initiator));
            return mapped.IsOk ? await AppliedAsync(View(mapped.Value)) : mapped.Fault;
        }
        finally
        {
            _mapping.Release();
        }
    }

    /// <summary>Takes a mapping away. Sessions that use it see that the LUN is gone.</summary>
    public async Task<Result<LunView>> UnmapAsync(int lun, string? initiator)
    {
        initiator = initiator is null or Names.AnyInitiator ? null : Names.FoldIqn(initiator);
        var key = LunRecord.KeyOf(lun, initiator);
        var unmapped = await _reader.ChangeAsync<LunRecord>(async () =>
        {
            var luns = await _reader.LunsAsync();
            if (!luns.IsOk)
                return luns.Fault;
            var present = luns.Value.FirstOrDefault(candidate => candidate.Key == key);
            if (present is null)
                return NotFound(lun, initiator, luns.Value);
            return new Decision<LunRecord>(present.Record, [new Condition(key, present.Revision)], [new Change(key, null)]);
        });
        return unmapped.IsOk ? await AppliedAsync(View(unmapped.Value)) : unmapped.Fault;
    }

    /// <inheritdoc/>
    public void Dispose() => _mapping.Dispose();

    internal static LunView View(LunRecord record) => new()
    {
        Lun = record.Lun,
        Volume = record.Volume,
        Initiator = record.Initiator,
        ReadOnly = record.ReadOnly,
    };

    private static Result<Decision<LunRecord>> Decide(
        Result<IReadOnlyList<Revised<LunRecord>>> present, MapLun request, string? initiator)
    {
        if (!present.IsOk)
            return present.Fault;
        var lun = request.Lun ?? LowestFree(present.Value);
        if (lun < 0)
            return Faults.LunsExhausted;
        var clash = present.Value.FirstOrDefault(other =>
            other.Record.Lun == lun && (other.Record.Initiator is null || initiator is null || other.Record.Initiator == initiator));
        if (clash is not null)
            return Faults.LunExists(clash.Record);
        var record = new LunRecord { Lun = lun, Volume = request.Volume, Initiator = initiator, ReadOnly = request.ReadOnly };
        var key = LunRecord.KeyOf(lun, initiator);
        return new Decision<LunRecord>(
            record,
            [new Condition(key, 0)],
            [new Change(key, CoordinationJson.Write(record, RecordJson.Default.LunRecord))]);
    }

    private static int LowestFree(IReadOnlyList<Revised<LunRecord>> present)
    {
        var taken = present.Select(lun => lun.Record.Lun).ToHashSet();
        for (var lun = 0; lun <= Names.HighestLun; lun++)
        {
            if (!taken.Contains(lun))
                return lun;
        }

        return -1;
    }

    private static Fault NotFound(int lun, string? initiator, IReadOnlyList<Revised<LunRecord>> present)
    {
        var fault = Faults.LunNotFound(lun, initiator);
        var other = present.FirstOrDefault(candidate => candidate.Record.Lun == lun)?.Record;
        if (other is null)
            return fault;
        var command = other.Initiator is null ? $"`uss lun unmap {lun}`" : $"`uss lun unmap {lun} --initiator {other.Initiator}`";
        return fault with { Remedy = $"It is mapped for {other.Initiator ?? "all initiators"}: {command}." };
    }

    private async Task<Result<LunView>> AppliedAsync(LunView view) => await access.ApplyAsync() is { } fault ? fault : view;
}
