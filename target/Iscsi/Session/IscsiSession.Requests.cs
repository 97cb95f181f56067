using Uss.Runtime;

namespace Uss.Target.Iscsi;

// NOP-Out, Logout, and what the target says of its own accord (RFC 7143, 11.9, 11.14, 11.18, 11.19).
internal sealed partial class IscsiSession
{
    private uint _pingTag;

    // A ping is answered with as much of its data as the initiator can receive.
    private int LargestEcho => Parameters.InitiatorMaxRecvDataSegmentLength;

    /// <summary>Asks the initiator for a sign of life.</summary>
    public void Ping()
    {
        // Every tag but the reserved one is valid.
        _pingTag = _pingTag == BasicHeader.NoTag - 1 ? 0 : _pingTag + 1;
        var pdu = Connection.NewControl();
        pdu.TakesStatSn = false;
        new NopIn { InitiatorTaskTag = BasicHeader.NoTag, TargetTransferTag = _pingTag }.Write(pdu.Header);
        Connection.Enqueue(pdu);
    }

    /// <summary>Asks the initiator to log out (AsyncEvent 1).</summary>
    public void RequestLogout(int withinSeconds)
    {
        var pdu = Connection.NewControl();
        new AsyncMessage { Event = 1, Parameter3 = (ushort)withinSeconds }.Write(pdu.Header);
        Connection.Enqueue(pdu);
    }

    /// <summary>Says that the session ends (AsyncEvent 3) and closes.</summary>
    public void AnnounceEnd(string reason)
    {
        Connection.StopInterpreting(reason);
        var pdu = Connection.NewControl();
        new AsyncMessage { Event = 3, Parameter2 = (ushort)Parameters.DefaultTime2Wait }.Write(pdu.Header);
        pdu.After = AfterSend.Close;
        Connection.Enqueue(pdu);
    }

    private void OnNopOut(ReadOnlySpan<byte> header, BufferSlice payload)
    {
        // Without a task tag it answers a ping of the target; having arrived is all it has to say.
        if (!NopOut.TryParse(header, out var request) || request.InitiatorTaskTag == BasicHeader.NoTag)
            return;
        var pdu = Connection.NewControl();
        new NopIn
        {
            Lun = request.Lun,
            InitiatorTaskTag = request.InitiatorTaskTag,
            TargetTransferTag = BasicHeader.NoTag,
            DataSegmentLength = payload.Length,
        }.Write(pdu.Header);
        if (payload.Length > 0)
            payload.Buffer.AddReference();
        pdu.Data = payload;
        Connection.Enqueue(pdu);
    }

    private void OnLogout(ReadOnlySpan<byte> header)
    {
        const byte CloseSession = 0;
        const byte CloseConnection = 1;
        const byte Recovery = 2;
        if (!LogoutRequest.TryParse(header, out var request))
            return;
        switch (request.Reason)
        {
            case CloseConnection when request.ConnectionId != ConnectionId:
                AnswerLogout(request, LogoutResult.NoSuchConnection);
                break;
            case CloseSession or CloseConnection:
                Connection.StopInterpreting("the initiator logged out");
                EndTasks();
                if (_running == 0)
                    AnswerLogout(request, LogoutResult.Closed);
                else
                    _reactor.Spawn(FinishLogoutAsync(request));
                break;
            case Recovery:
                AnswerLogout(request, LogoutResult.RecoveryNotSupported);
                break;
            default:
                Reject(header, RejectReason.InvalidPduField);
                break;
        }
    }

    private async ValueTask FinishLogoutAsync(LogoutRequest request)
    {
        var isDone = await _target.WaitBoundedAsync(WaitForTasksAsync());
        AnswerLogout(request, isDone ? LogoutResult.Closed : LogoutResult.CleanupFailed);
    }

    private void AnswerLogout(in LogoutRequest request, LogoutResult result)
    {
        var pdu = Connection.NewControl();
        new LogoutResponse
        {
            Response = (byte)result,
            InitiatorTaskTag = request.InitiatorTaskTag,
            Time2Wait = (ushort)Parameters.DefaultTime2Wait,
        }.Write(pdu.Header);
        pdu.After = result is LogoutResult.Closed or LogoutResult.CleanupFailed ? AfterSend.Close : AfterSend.Nothing;
        Connection.Enqueue(pdu);
    }

    /// <summary>Responses to a logout (RFC 7143, 11.15.1).</summary>
    private enum LogoutResult : byte
    {
        Closed = 0,
        NoSuchConnection = 1,
        RecoveryNotSupported = 2,
        CleanupFailed = 3,
    }
}
