using System.Globalization;
using System.Text.Json.Serialization;
using Uss.Coordination;
using Uss.Runtime;
using Uss.Target.Scsi;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// Keeps persistent reservations that are to survive a loss of power (APTPL) in the coordination store, one record a
/// volume under <c>reservations/VOLUME-ID</c>, for a node that is alone. Reactor thread only.
/// </summary>
/// <param name="coordination">The store, on the same reactor.</param>
internal sealed class ReservationJournal(ICoordinationStore coordination) : IReservationJournal
{
    private const string Prefix = VolumeRecord.ReservationPrefix;

    /// <summary>The volume of a record's key.</summary>
    public static VolumeId? VolumeOf(string key) =>
        ulong.TryParse(key[Prefix.Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id) ? new VolumeId(id) : null;

    /// <summary>Reads a record.</summary>
    public static Result<ReservationRecord> Read(Entry entry) =>
        CoordinationJson.Read(entry.Key, entry.Value, ReservationJson.Default.ReservationRecord);

    /// <inheritdoc/>
    public async ValueTask<bool> SaveAsync(VolumeId volume, ReservationRecord? record)
    {
        // Not one conditional expression: its null would become an empty document by way of an array.
        var change = new Change(VolumeRecord.ReservationKeyOf(volume), null);
        if (record is not null)
            change = change with { Value = CoordinationJson.Write(record, ReservationJson.Default.ReservationRecord) };
        var commit = await coordination.CommitAsync([], [change]);
        return commit.Status == CommitStatus.Applied;
    }

    /// <summary>Hands all records to the device, and drops those of volumes that are gone.</summary>
    /// <param name="device">The device, before its first configuration.</param>
    /// <param name="exists">Whether there is a volume with an identity.</param>
    public async ValueTask<Fault?> RestoreAsync(ScsiDevice device, Func<VolumeId, bool> exists)
    {
        var read = await coordination.ListAsync(Prefix);
        if (!read.IsAvailable)
            return Faults.RecordsUnavailable;
        foreach (var entry in read.Entries)
        {
            var record = Read(entry);
            if (!record.IsOk)
                return record.Fault;
            if (VolumeOf(entry.Key) is { } id && exists(id))
                device.RestoreReservations(id, record.Value);
            else
                await coordination.CommitAsync([new Condition(entry.Key, entry.ModifiedRevision)], [new Change(entry.Key, null)]);
        }

        return null;
    }
}

/// <summary>JSON of the reservation records.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ReservationRecord))]
internal sealed partial class ReservationJson : JsonSerializerContext;
