using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

// Text requests: SendTargets and the few keys that may change in the full-feature phase (RFC 7143, 11.10, 11.11 and
// appendix C). One exchange at a time: a new one replaces what is left of the last.
internal sealed partial class IscsiSession
{
    private readonly List<byte> _textReceived = [];
    private readonly List<byte> _textAnswer = [];
    private int _textSent;
    private uint _textTag;
    private bool _isTextOpen;

    private void OnText(ReadOnlySpan<byte> header, BufferSlice payload)
    {
        if (!TextRequest.TryParse(header, out var request))
            return;
        var isNew = request.TargetTransferTag == BasicHeader.NoTag;
        if (isNew)
        {
            ResetText();
        }
        else if (!_isTextOpen || request.TargetTransferTag != _textTag)
        {
            Reject(header, RejectReason.InvalidPduField);
            return;
        }

        if ((request.IsFinal && request.IsContinued) || _textReceived.Count + payload.Length > LoginNegotiation.MaximumTextLength)
        {
            ResetText();
            Reject(header, request.IsContinued && request.IsFinal ? RejectReason.ProtocolError : RejectReason.LongOperationReject);
            return;
        }

        if (_textSent < _textAnswer.Count)
        {
            // An empty request asks for the next piece; anything else breaks the exchange.
            if (payload.Length > 0)
            {
                ResetText();
                Reject(header, RejectReason.ProtocolError);
                return;
            }
        }
        else
        {
            _textReceived.AddRange(payload.Span);
            if (!request.IsContinued && !TryAnswerText())
            {
                ResetText();
                Reject(header, RejectReason.ProtocolError);
                return;
            }
        }

        SendText(request);
    }

    private void ResetText()
    {
        _textReceived.Clear();
        _textAnswer.Clear();
        _textSent = 0;
        _isTextOpen = false;
    }

    private bool TryAnswerText()
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (!TextKeys.TryParse(CollectionsMarshal.AsSpan(_textReceived), pairs, out _))
            return false;
        _textReceived.Clear();
        _textAnswer.Clear();
        _textSent = 0;
        var seen = new HashSet<string>();
        foreach (var (key, value) in pairs)
        {
            if (!seen.Add(key))
                return false;
            switch (key)
            {
                case "SendTargets":
                    SendTargets(value);
                    break;
                case "MaxRecvDataSegmentLength" when IsDiscovery || !TryChangeSegmentLength(value):
                    TextKeys.Append(_textAnswer, key, OperationalNegotiation.Reject);
                    break;
                case "MaxRecvDataSegmentLength" or "InitiatorAlias" or "X#NodeArchitecture":
                    break;
                default:
                    TextKeys.Append(_textAnswer, key,
                        IsLoginKey(key) ? OperationalNegotiation.Reject : OperationalNegotiation.NotUnderstood);
                    break;
            }
        }

        return true;
    }

    private bool TryChangeSegmentLength(string value)
    {
        if (!TextValues.TryParseNumber(value, out var length) || length is < 512 or > BasicHeader.MaximumDataSegment)
            return false;
        Parameters.InitiatorMaxRecvDataSegmentLength = (int)length;
        return true;
    }

    private static bool IsLoginKey(string key) => key is "AuthMethod" or "HeaderDigest" or "DataDigest" or "MaxConnections"
        or "TargetName" or "InitiatorName" or "TargetAlias" or "TargetAddress" or "TargetPortalGroupTag" or "InitialR2T"
        or "ImmediateData" or "MaxBurstLength" or "FirstBurstLength" or "DefaultTime2Wait" or "DefaultTime2Retain"
        or "MaxOutstandingR2T" or "DataPDUInOrder" or "DataSequenceInOrder" or "ErrorRecoveryLevel" or "SessionType"
        or "TaskReporting" or "iSCSIProtocolLevel" || key.StartsWith("CHAP_", StringComparison.Ordinal);

    // Appendix C: "All" belongs to discovery sessions, the empty value (this target) to normal ones, a name to both.
    private void SendTargets(string value)
    {
        var isAll = value == "All";
        if (isAll ? !IsDiscovery : value.Length == 0 && IsDiscovery)
        {
            TextKeys.Append(_textAnswer, "SendTargets", OperationalNegotiation.Reject);
            return;
        }

        if (!isAll && value.Length > 0 && !(TextValues.TryNormalizeName(value, out var name) && name == _target.Name))
            return;
        TextKeys.Append(_textAnswer, "TargetName", _target.Name);
        foreach (var address in _target.PortalsFor(Connection))
            TextKeys.Append(_textAnswer, "TargetAddress", $"{address},{_target.Options.PortalGroupTag}");
    }

    private void SendText(in TextRequest request)
    {
        var length = Math.Min(_textAnswer.Count - _textSent, Parameters.InitiatorMaxRecvDataSegmentLength);
        var pdu = Connection.NewControl();
        if (length > 0)
        {
            var data = _reactor.Buffers.Rent(length).Slice(0, length);
            CollectionsMarshal.AsSpan(_textAnswer).Slice(_textSent, length).CopyTo(data.Span);
            pdu.Data = data;
        }

        _textSent += length;
        var hasMore = _textSent < _textAnswer.Count;
        var isFinal = request.IsFinal && !hasMore;
        _isTextOpen = !isFinal;
        if (!isFinal)
            _textTag = _textTag == BasicHeader.NoTag - 1 ? 0 : _textTag + 1;
        new TextResponse
        {
            IsFinal = isFinal,
            IsContinued = hasMore,
            Lun = request.Lun,
            InitiatorTaskTag = request.InitiatorTaskTag,
            TargetTransferTag = isFinal ? BasicHeader.NoTag : _textTag,
            DataSegmentLength = length,
        }.Write(pdu.Header);
        Connection.Enqueue(pdu);
        if (isFinal)
            ResetText();
    }
}
