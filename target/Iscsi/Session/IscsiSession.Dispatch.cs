using Uss.Runtime;

namespace Uss.Target.Iscsi;

// PDUs come in two steps: Begin decides where the data segment goes, End acts once it is complete.
internal sealed partial class IscsiSession
{
    // Longest data segment that is kept for a text request or a ping; text of a session is a line or two.
    private const int LargestText = 16384;

    private HeaderCopy _header;
    private PduAction _action;
    private RejectReason _rejection;
    private IscsiTask? _task;
    private ushort _taskGeneration;
    private BufferSlice _payload;
    private Admission _admission;

    /// <summary>What End does.</summary>
    private enum PduAction : byte
    {
        /// <summary>Nothing: the PDU is to be ignored.</summary>
        Ignore,

        /// <summary>Answers by a Reject.</summary>
        Reject,

        /// <summary>Admits the SCSI command.</summary>
        Command,

        /// <summary>Counts Data-Out.</summary>
        DataOut,

        /// <summary>Acts on another PDU, now or when its CmdSN is due.</summary>
        Other,
    }

    /// <summary>Starts on a PDU whose header is complete and sets the sink for its data segment.</summary>
    public void Begin(ReadOnlySpan<byte> header, ReadOnlySpan<byte> additional)
    {
        header.CopyTo(_header);
        _action = PduAction.Ignore;
        _task = null;
        var opcode = BasicHeader.OpcodeOf(header);
        if (!additional.IsEmpty && opcode != Opcode.ScsiCommand)
        {
            Connection.Drop("additional header segments where none belong");
            return;
        }

        switch (opcode)
        {
            case Opcode.ScsiCommand when !IsDiscovery:
                BeginCommand(header, additional);
                break;
            case Opcode.DataOut when !IsDiscovery:
                BeginDataOut(header);
                break;
            case Opcode.NopOut when !IsDiscovery:
                BeginOther(header, Math.Min(LargestEcho, BasicHeader.DataSegmentLength(header)));
                break;
            case Opcode.TaskManagementRequest when !IsDiscovery:
            case Opcode.LogoutRequest:
                BeginOther(header, 0);
                break;
            case Opcode.TextRequest:
                if (BasicHeader.DataSegmentLength(header) > LargestText)
                    BeginRejected(header, RejectReason.LongOperationReject);
                else
                    BeginOther(header, BasicHeader.DataSegmentLength(header));
                break;
            case Opcode.SnackRequest:
                // Error recovery level 0 keeps nothing to send again (RFC 7143, 11.16).
                Reject(header, RejectReason.ProtocolError);
                break;
            case Opcode.LoginRequest:
                Reject(header, RejectReason.ProtocolError);
                break;
            case Opcode.NopOut or Opcode.ScsiCommand or Opcode.TaskManagementRequest:
                BeginRejected(header, RejectReason.CommandNotSupported);
                break;
            default:
                Reject(header, RejectReason.CommandNotSupported);
                break;
        }
    }

    /// <summary>The PDU is complete.</summary>
    /// <param name="isIntact">False when its data digest is wrong.</param>
    public void End(bool isIntact)
    {
        var payload = _payload;
        _payload = default;
        if (!isIntact)
            OnDataDigestError();
        else
            Act(payload);
        if (payload.Length > 0)
            payload.Buffer.Release();
        _task = null;
    }

    private void Act(BufferSlice payload)
    {
        switch (_action)
        {
            case PduAction.Command:
                EndCommand();
                break;
            case PduAction.DataOut:
                EndDataOut(isIntact: true);
                break;
            case PduAction.Other when _admission == Admission.Later:
                HoldOther(payload);
                break;
            case PduAction.Other:
                ActOther(_header, payload);
                if (_admission == Admission.Now)
                    AdvanceCmdSn();
                break;
            case PduAction.Reject:
                Reject(_header, _rejection);
                break;
        }
    }

    // RFC 7143, 7.8: the PDU is rejected. Lost data-out ends its command once all of it came; a command or request
    // that is lost leaves a gap in CmdSN that nothing fills at error recovery level 0, so the session starts over.
    private void OnDataDigestError()
    {
        Reject(_header, RejectReason.DataDigestError);
        if (_action == PduAction.DataOut)
            EndDataOut(isIntact: false);
        else if (_action != PduAction.Ignore)
            Connection.StopAfterOutput("a data digest is wrong");
        if (_action == PduAction.Command && _task is { } task)
            Abandon(task);
    }

    private void BeginOther(ReadOnlySpan<byte> header, int keptLength)
    {
        _admission = Admit(header);
        if (_admission == Admission.Ignore)
            return;
        _action = PduAction.Other;
        if (keptLength == 0)
            return;
        _payload = _reactor.Buffers.Rent(keptLength).Slice(0, keptLength);
        Connection.SetSink(_payload);
    }

    // A request with a CmdSN is rejected in its turn, so that the numbers behind it are not held up for ever.
    private void BeginRejected(ReadOnlySpan<byte> header, RejectReason reason)
    {
        _admission = Admit(header);
        if (_admission == Admission.Ignore)
            return;
        _action = PduAction.Reject;
        _rejection = reason;
        if (_admission == Admission.Now)
            AdvanceCmdSn();
        else if (_admission == Admission.Later)
            HoldNothing(BasicHeader.CmdSn(header));
    }

    private void ActOther(ReadOnlySpan<byte> header, BufferSlice payload)
    {
        switch (BasicHeader.OpcodeOf(header))
        {
            case Opcode.NopOut:
                OnNopOut(header, payload);
                break;
            case Opcode.TaskManagementRequest:
                OnTaskManagement(header);
                break;
            case Opcode.TextRequest:
                OnText(header, payload);
                break;
            case Opcode.LogoutRequest:
                OnLogout(header);
                break;
        }
    }

    private void Reject(ReadOnlySpan<byte> header, RejectReason reason)
    {
        _target.OnRejected(this, BasicHeader.OpcodeOf(header), reason);
        var pdu = Connection.NewControl();
        new Reject { Reason = (byte)reason, DataSegmentLength = BasicHeader.Size }.Write(pdu.Header);
        var copy = _reactor.Buffers.Rent(BasicHeader.Size).Slice(0, BasicHeader.Size);
        header.CopyTo(copy.Span);
        pdu.Data = copy;
        Connection.Enqueue(pdu);
    }

    [System.Runtime.CompilerServices.InlineArray(BasicHeader.Size)]
    private struct HeaderCopy
    {
        private byte _first;
    }
}
