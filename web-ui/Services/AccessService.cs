using Uss.Runtime;

namespace Uss.WebUi.Services;

/// <summary>
/// Hands LUN maps and initiator rules to the target, and exports to the NFS server, in the order in which they were changed.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="records">The records.</param>
public sealed class AccessService(INode node, IRecordStore records) : IDisposable
{
    private readonly RecordReader _reader = new(records);
    private readonly SemaphoreSlim _gate = new(1, 1);

    /// <summary>Reads all rules.</summary>
    public async Task<Result<AccessRules>> ReadAsync()
    {
        var luns = await _reader.LunsAsync();
        if (!luns.IsOk)
            return luns.Fault;
        var initiators = await _reader.InitiatorsAsync();
        if (!initiators.IsOk)
            return initiators.Fault;
        return new AccessRules([.. luns.Value.Select(lun => lun.Record)], [.. initiators.Value.Select(rule => rule.Record)]);
    }

    /// <summary>Reads all rules and applies them to the target. Null when done.</summary>
    public async Task<Fault?> ApplyAsync()
    {
        // Without the gate, an older reading could be applied after a newer one.
        await _gate.WaitAsync();
        try
        {
            var rules = await ReadAsync();
            if (!rules.IsOk)
                return rules.Fault;
            await node.ApplyAccessAsync(rules.Value);
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Reads all exports.</summary>
    public async Task<Result<IReadOnlyList<ExportRecord>>> ReadExportsAsync()
    {
        var exports = await _reader.ExportsAsync();
        return exports.IsOk ? Result<IReadOnlyList<ExportRecord>>.Ok([.. exports.Value.Select(export => export.Record)]) : exports.Fault;
    }

    /// <summary>Reads all exports and applies them to the NFS server. Null when done.</summary>
    public async Task<Fault?> ApplyExportsAsync()
    {
        await _gate.WaitAsync();
        try
        {
            var exports = await ReadExportsAsync();
            if (!exports.IsOk)
                return exports.Fault;
            await node.ApplyExportsAsync(exports.Value);
            return null;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();
}
