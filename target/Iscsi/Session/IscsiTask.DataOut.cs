using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

// Data-out: immediate, unsolicited and solicited by R2Ts, into one buffer (RFC 7143, 4.2.5.2 and 11.7, 11.8).
internal sealed partial class IscsiTask
{
    private BufferSlice _data;
    private Requests _requests;
    private uint _openRequests;

    /// <summary>Bytes that the device gets: what it asks for, but not more than the initiator offers.</summary>
    public int Wanted { get; set; }

    /// <summary>Immediate and unsolicited bytes received.</summary>
    public uint UnsolicitedReceived { get; set; }

    /// <summary>Most unsolicited bytes that the command may bring.</summary>
    public uint UnsolicitedLimit { get; set; }

    /// <summary>Unsolicited Data-Out PDUs follow.</summary>
    public bool AwaitsUnsolicited { get; set; }

    /// <summary>DataSN that the next unsolicited Data-Out must have.</summary>
    public uint UnsolicitedDataSn { get; set; }

    /// <summary>Bytes received unsolicited or asked for by R2T; the next R2T starts here.</summary>
    public int Solicited { get; set; }

    /// <summary>Its data-out failed while it waited to ask for more: it is answered when its turn comes.</summary>
    public bool FailsWhenWritten { get; set; }

    /// <summary>R2T PDUs sent.</summary>
    public uint R2TSn { get; private set; }

    /// <summary>R2Ts not yet fulfilled.</summary>
    public int OutstandingR2T => System.Numerics.BitOperations.PopCount(_openRequests);

    /// <summary>The buffer for <see cref="Wanted"/> bytes or, while it waits for memory, for the unsolicited ones.</summary>
    public BufferSlice Data => _data;

    /// <summary>Takes over one reference to a buffer for data-out.</summary>
    public void SetData(BufferSlice data)
    {
        Invariant.Check(_data.Length == 0);
        _data = data;
    }

    /// <summary>The part of the buffer for <paramref name="length"/> bytes at <paramref name="offset"/>; shorter at its end.</summary>
    public BufferSlice Place(uint offset, int length) =>
        offset >= (uint)_data.Length ? default : _data.Slice((int)offset, Math.Min(length, _data.Length - (int)offset));

    /// <summary>Drops the data-out buffer.</summary>
    public void ReleaseDataOut()
    {
        if (_data.Length > 0)
            _data.Buffer.Release();
        _data = default;
        Command.DataOut = default;
    }

    /// <summary>The R2T that a Target Transfer Tag names; false when it is not open.</summary>
    public bool TryFindRequest(uint tag, out int index)
    {
        index = (int)(tag & (MaximumRequests - 1));
        return tag == TagOf(index) && (_openRequests & (1u << index)) != 0;
    }

    /// <summary>An open R2T.</summary>
    public ref DataRequest Request(int index) => ref _requests[index];

    /// <summary>The R2T is fulfilled.</summary>
    public void CloseRequest(int index) => _openRequests &= ~(1u << index);

    // Generation 16 bits, slot 8 bits, R2T 3 bits: never the reserved tag, and a tag of an earlier task is recognized.
    private uint TagOf(int index) => ((uint)Generation << 16) | ((uint)Slot << 4) | (uint)index;

    private const int MaximumRequests = OperationalNegotiation.LargestMaxOutstandingR2T;

    private WriteOutcome WriteRequests(IscsiConnection connection, OutputBatch batch)
    {
        var parameters = Session.Parameters;
        while (Solicited < Wanted && OutstandingR2T < parameters.MaxOutstandingR2T && Failure == DataOutFailure.None)
        {
            if (!batch.HasRoom)
                return WriteOutcome.BatchIsFull;
            var index = System.Numerics.BitOperations.TrailingZeroCount(~_openRequests);
            var length = Math.Min(Wanted - Solicited, parameters.MaxBurstLength);
            _requests[index] = new DataRequest { Offset = (uint)Solicited, Length = length };
            _openRequests |= 1u << index;
            var header = batch.NextHeader;
            new ReadyToTransfer
            {
                Lun = Command.Lun,
                InitiatorTaskTag = InitiatorTaskTag,
                TargetTransferTag = TagOf(index),
                StatSn = connection.StatSn,
                ExpCmdSn = Session.ExpCmdSn,
                MaxCmdSn = Session.MaxCmdSn,
                R2TSn = R2TSn++,
                BufferOffset = (uint)Solicited,
                DesiredDataTransferLength = (uint)length,
            }.Write(header);
            batch.Add(header);
            Solicited += length;
        }

        return WriteOutcome.Paused;
    }

    private void ResetDataOut()
    {
        _openRequests = 0;
        Wanted = 0;
        UnsolicitedReceived = 0;
        UnsolicitedLimit = 0;
        AwaitsUnsolicited = false;
        UnsolicitedDataSn = 0;
        Solicited = 0;
        FailsWhenWritten = false;
        R2TSn = 0;
    }

    /// <summary>An R2T and what came for it.</summary>
    internal struct DataRequest
    {
        /// <summary>Offset in the transfer, bytes.</summary>
        public uint Offset;

        /// <summary>Bytes asked for.</summary>
        public int Length;

        /// <summary>Bytes received.</summary>
        public int Received;

        /// <summary>DataSN that the next Data-Out must have.</summary>
        public uint DataSn;
    }

    [InlineArray(MaximumRequests)]
    private struct Requests
    {
        private DataRequest _first;
    }
}
