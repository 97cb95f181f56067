using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Scsi;

/// <summary>
/// One SCSI command on its way from the transport to a logical unit and back. The transport keeps these objects in a
/// pool, fills in the request, has the data-out received, calls <see cref="IScsiDevice.ExecuteAsync"/> and sends the
/// response that it finds here.
/// </summary>
public sealed class ScsiCommand
{
    private CdbBytes _cdb;
    private SenseBytes _sense;

    /// <summary>Longest CDB served, in bytes (all commands of SBC-4 that are implemented fit).</summary>
    public const int CdbLength = 16;

    /// <summary>Longest sense data returned, in bytes.</summary>
    public const int SenseCapacity = 64;

    /// <summary>The command descriptor block, zero-padded.</summary>
    public Span<byte> Cdb => _cdb;

    /// <summary>The eight LUN bytes as received (SAM-5, 4.7).</summary>
    public ulong Lun { get; set; }

    /// <summary>The I_T nexus that sent it.</summary>
    public ScsiNexus Nexus { get; set; } = null!;

    /// <summary>Task attribute as SAM-5 codes it: simple 0, head of queue 1, ordered 2, ACA 4.</summary>
    public byte TaskAttribute { get; set; }

    /// <summary>
    /// Data-out as received: exactly the bytes that the command asked for by <see cref="IScsiDevice.DataOutLength"/>, or
    /// fewer when the initiator offered fewer. Starts on a page boundary. The transport holds the reference.
    /// </summary>
    public BufferSlice DataOut { get; set; }

    /// <summary>
    /// Bytes of data-out that the initiator said it has (its expected data transfer length for a write), which may be
    /// more than <see cref="DataOut"/> holds.
    /// </summary>
    public long DataOutOffered { get; set; }

    /// <summary>Bytes the initiator is ready to receive (its expected data transfer length for a read).</summary>
    public int DataInLimit { get; set; }

    /// <summary>Set once the command was aborted; long-running commands look at it between steps.</summary>
    public bool IsAborted { get; set; }

    /// <summary>Response: status byte (SAM-5, 5.3).</summary>
    public ScsiStatus Status { get; set; }

    /// <summary>Response: sense data, <see cref="SenseLength"/> bytes.</summary>
    public Span<byte> Sense => _sense;

    /// <summary>Response: length of the sense data.</summary>
    public int SenseLength { get; set; }

    /// <summary>
    /// Response: data-in, one reference held by the command and released by the transport. At most
    /// <see cref="DataInLimit"/> bytes.
    /// </summary>
    public BufferSlice DataIn { get; set; }

    /// <summary>
    /// Response: bytes of data that the command had to transfer in its direction, allocation length applied but
    /// <see cref="DataInLimit"/> not; the transport computes residuals from it.
    /// </summary>
    public long TransferLength { get; set; }

    /// <summary>Makes the object ready for its next use. The transport has released the buffers.</summary>
    public void Reset()
    {
        Cdb.Clear();
        Lun = 0;
        Nexus = null!;
        TaskAttribute = 0;
        DataOut = default;
        DataOutOffered = 0;
        DataInLimit = 0;
        IsAborted = false;
        Status = ScsiStatus.Good;
        SenseLength = 0;
        DataIn = default;
        TransferLength = 0;
    }

    [InlineArray(CdbLength)]
    private struct CdbBytes
    {
        private byte _first;
    }

    [InlineArray(SenseCapacity)]
    private struct SenseBytes
    {
        private byte _first;
    }
}

/// <summary>Status codes (SAM-5, table 38).</summary>
public enum ScsiStatus : byte
{
    /// <summary>GOOD.</summary>
    Good = 0x00,

    /// <summary>CHECK CONDITION.</summary>
    CheckCondition = 0x02,

    /// <summary>BUSY.</summary>
    Busy = 0x08,

    /// <summary>RESERVATION CONFLICT.</summary>
    ReservationConflict = 0x18,

    /// <summary>TASK SET FULL.</summary>
    TaskSetFull = 0x28,

    /// <summary>TASK ABORTED.</summary>
    TaskAborted = 0x40,
}
