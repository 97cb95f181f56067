namespace Uss.Target.Iscsi;

// The login phase (RFC 7143, 6.3): whole PDUs without digests, one at a time.
internal sealed partial class IscsiConnection
{
    private LoginNegotiation? _negotiation;
    private uint _loginCmdSn;

    private async ValueTask ParseLoginAsync()
    {
        while (!_isDiscarding && Session is null && Available >= BasicHeader.Size)
        {
            if (!TryTakeLogin(out var request, out var offset))
                return;
            await HandleLoginAsync(request, offset);
        }

        // What came behind the last login request belongs to the full-feature phase.
        if (Session is not null && !_isDiscarding)
            ParsePdus();
    }

    private bool TryTakeLogin(out LoginRequest request, out int offset)
    {
        var header = _buffer.Slice(_start, BasicHeader.Size).Span;
        offset = _start + BasicHeader.Size;
        if (!LoginRequest.TryParse(header, out request))
        {
            OnForeignPdu(header);
            return false;
        }

        if (header[4] != 0 || request.DataSegmentLength > LoginNegotiation.MaximumDataSegment)
        {
            RefuseLogin(request, LoginStatus.InitiatorError, "the login request is malformed");
            return false;
        }

        var length = BasicHeader.Size + request.DataSegmentLength + BasicHeader.PaddingOf(request.DataSegmentLength);
        if (Available < length)
            return false;
        _start += length;
        return true;
    }

    // Before the first login request a foreign PDU ends the connection without a word, after it with a refusal (6.3).
    private void OnForeignPdu(ReadOnlySpan<byte> header)
    {
        if (_negotiation is null)
        {
            Drop("the first PDU is not a login request");
            return;
        }

        var request = new LoginRequest { InitiatorTaskTag = BasicHeader.InitiatorTaskTag(header), Isid = _negotiation.Isid };
        RefuseLogin(request, LoginStatus.InvalidDuringLogin, "something else than a login request came during the login");
    }

    private async ValueTask HandleLoginAsync(LoginRequest request, int offset)
    {
        if (_negotiation is null)
        {
            _loginCmdSn = request.CmdSn;
            _negotiation = new LoginNegotiation(_target.PolicyFor(this));
        }

        var answer = _negotiation.Handle(request, _buffer.Slice(offset, request.DataSegmentLength).Span);
        if (answer.Status != LoginStatus.Success)
        {
            if (answer.Status is LoginStatus.AuthenticationFailure or LoginStatus.AuthorizationFailure)
                await _reactor.DelayAsync(Milliseconds(_target.Options.FailedLoginDelayMs));
            RefuseLogin(request, answer.Status, _negotiation.Refusal);
            return;
        }

        var header = answer.Header;
        if (answer.IsComplete)
        {
            var status = await _target.AdmitAsync(this, _negotiation, request);
            if (_isAborted)
                return;
            if (status != LoginStatus.Success)
            {
                RefuseLogin(request, status, "the session cannot be started");
                return;
            }

            header = header with { Tsih = (ushort)Session!.Tsih };
        }

        SendLogin(header, answer.Text);
        if (answer.IsComplete)
            EnterFullFeaturePhase(_negotiation.Parameters);
    }

    /// <summary>Joins the connection to its new session.</summary>
    public void Attach(IscsiSession session)
    {
        Session = session;
        _target.OnLoggedIn(this);
    }

    private void EnterFullFeaturePhase(OperationalParameters parameters)
    {
        _hasHeaderDigest = parameters.HeaderDigest;
        _hasDataDigest = parameters.DataDigest;
        _batch.HasHeaderDigest = parameters.HeaderDigest;
        _batch.HasDataDigest = parameters.DataDigest;
        _negotiation = null;
        var larger = _reactor.Buffers.Rent(FullBufferBytes);
        _buffer.Slice(_start, Available).Span.CopyTo(larger.Slice().Span);
        _end = Available;
        _start = 0;
        _buffer.Release();
        _buffer = larger;
    }

    private void RefuseLogin(in LoginRequest request, LoginStatus status, string reason)
    {
        if (_isAborted)
            return;
        WasRefused = true;
        _target.OnLoginRefused(this, _negotiation, status, reason);
        SendLogin(LoginNegotiation.Refuse(request, status), [], AfterSend.Close);
        StopInterpreting(reason);
    }

    private void SendLogin(in LoginResponse header, byte[] text, AfterSend after = AfterSend.Nothing)
    {
        var pdu = NewControl();
        header.Write(pdu.Header);
        if (text.Length > 0)
        {
            var data = _reactor.Buffers.Rent(text.Length);
            text.CopyTo(data.Slice().Span);
            pdu.Data = data.Slice(0, text.Length);
        }

        pdu.After = after;
        Enqueue(pdu);
    }
}
