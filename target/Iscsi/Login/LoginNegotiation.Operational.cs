namespace Uss.Target.Iscsi;

// The LoginOperationalNegotiation stage (RFC 7143, 6.3.3).
internal sealed partial class LoginNegotiation
{
    private OperationalNegotiation _operational;
    private bool _hasDeclaredLength;

    private LoginStatus NegotiateOperational()
    {
        if (!_isAuthenticated && !TryEnterWithoutAuthentication())
            return Fail(LoginStatus.AuthenticationFailure, "the initiator skipped the authentication that its rule asks for");

        // FirstBurstLength depends on three others (13.14), so it is looked at after them wherever it stands.
        string? firstBurst = null;
        foreach (var (key, value) in _pairs)
        {
            if (TakeCommon(key, value, out var status))
            {
                if (status != LoginStatus.Success)
                    return status;
                continue;
            }

            if (key == "AuthMethod" || key.StartsWith("CHAP_", StringComparison.Ordinal))
                return Fail(LoginStatus.InitiatorError, $"{key} belongs into the security stage");
            if (key == "FirstBurstLength")
                firstBurst = value;
            else if (!HandleOperational(key, value))
                return Fail(LoginStatus.InitiatorError, $"{key} has an illegal value");
        }

        if (firstBurst is not null)
            HandleOperational("FirstBurstLength", firstBurst);
        DeclareTarget();
        if (!_hasDeclaredLength)
            Answer("MaxRecvDataSegmentLength", TextValues.FormatNumber(_policy.Options.MaxRecvDataSegmentLength));
        _hasDeclaredLength = true;
        return LoginStatus.Success;
    }

    private bool HandleOperational(string key, string value)
    {
        var outcome = _operational.Handle(key, value, out var answer);
        if (outcome == OperationalNegotiation.Outcome.Answer)
            Answer(key, answer);
        return outcome != OperationalNegotiation.Outcome.Failed;
    }
}
