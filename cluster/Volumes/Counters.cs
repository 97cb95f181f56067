using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>Reading and writing of <see cref="CountersRecord"/>.</summary>
internal static class Counters
{
    public static Result<CountersRecord> From(CoordinationRead read) => read.Entries.Count == 0
        ? new CountersRecord()
        : CoordinationJson.Read(read.Entries[0].Key, read.Entries[0].Value, VolumesJson.Default.CountersRecord);

    public static long RevisionOf(CoordinationRead read) => read.Entries.Count == 0 ? 0 : read.Entries[0].ModifiedRevision;

    public static Change Put(CountersRecord counters) =>
        new(CountersRecord.Key, CoordinationJson.Write(counters, VolumesJson.Default.CountersRecord));
}

/// <summary>Faults around the coordination store.</summary>
internal static class CoordinationFaults
{
    public const string Restore = "Restore the coordination store from a backup.";

    public static Fault Unavailable { get; } = new(
        "coordination-unavailable", "The coordination store does not answer.", "Try again once it does.");
}
