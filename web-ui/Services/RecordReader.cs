using System.Text.Json.Serialization.Metadata;
using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.WebUi.Services;

/// <summary>Records with the revisions that a change of them must still find.</summary>
internal sealed class RecordReader(IRecordStore records)
{
    // A conflict means that somebody else got through, so a few tries are plenty.
    private const int Attempts = 8;

    public async Task<Result<IReadOnlyList<Revised<LunRecord>>>> LunsAsync() =>
        Parse(await records.ListAsync(RecordKeys.Luns), RecordJson.Default.LunRecord);

    public async Task<Result<IReadOnlyList<Revised<InitiatorRecord>>>> InitiatorsAsync() =>
        Parse(await records.ListAsync(RecordKeys.Initiators), RecordJson.Default.InitiatorRecord);

    public async Task<Result<IReadOnlyList<Revised<ExportRecord>>>> ExportsAsync() =>
        Parse(await records.ListAsync(RecordKeys.Exports), RecordJson.Default.ExportRecord);

    /// <summary>The number of the next export; nothing while there never was one.</summary>
    public async Task<Result<IReadOnlyList<Revised<ExportCounterRecord>>>> ExportCounterAsync() =>
        Parse(await records.ListAsync(RecordKeys.ExportCounter), RecordJson.Default.ExportCounterRecord);

    public async Task<Result<IReadOnlyList<Revised<FileSystemRecord>>>> FileSystemsAsync() =>
        Parse(await records.ListAsync(FileSystemRecord.Prefix), VolumesJson.Default.FileSystemRecord);

    /// <summary>Decides on a change and commits it; decides again when somebody else changed the same records.</summary>
    public async Task<Result<T>> ChangeAsync<T>(Func<Task<Result<Decision<T>>>> decide)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var decision = await decide();
            if (!decision.IsOk)
                return decision.Fault;
            var commit = await records.CommitAsync(decision.Value.Conditions, decision.Value.Changes);
            if (commit.Status == CommitStatus.Applied)
                return Result<T>.Ok(decision.Value.Outcome);
            if (commit.Status == CommitStatus.Unknown)
                return Faults.RecordsUnavailable;
        }

        return Faults.RecordsBusy;
    }

    private static Result<IReadOnlyList<Revised<T>>> Parse<T>(CoordinationRead read, JsonTypeInfo<T> type)
        where T : class
    {
        if (!read.IsAvailable)
            return Faults.RecordsUnavailable;
        var parsed = new List<Revised<T>>(read.Entries.Count);
        foreach (var entry in read.Entries)
        {
            var record = CoordinationJson.Read(entry.Key, entry.Value, type);
            if (!record.IsOk)
                return record.Fault;
            parsed.Add(new Revised<T>(record.Value, entry.Key, entry.ModifiedRevision));
        }

        return Result<IReadOnlyList<Revised<T>>>.Ok(parsed);
    }
}

/// <summary>A record and the revision it was read at.</summary>
internal sealed record Revised<T>(T Record, string Key, long Revision);

/// <summary>A change that was decided on.</summary>
internal sealed record Decision<T>(T Outcome, IReadOnlyList<Condition> Conditions, IReadOnlyList<Change> Changes);
