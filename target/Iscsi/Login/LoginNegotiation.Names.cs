namespace Uss.Target.Iscsi;

// The first text of a login: who wants to reach what (RFC 7143, 6.3 and 13.3 to 13.9, 13.21).
internal sealed partial class LoginNegotiation
{
    private IReadOnlyList<InitiatorRule> _rules = [];

    private LoginStatus TakeNames()
    {
        _hasNames = true;
        var type = Find("SessionType") ?? "Normal";
        if (type is not ("Normal" or "Discovery"))
            return Fail(LoginStatus.SessionTypeNotSupported, "unknown session type");
        IsDiscovery = type == "Discovery";
        _operational = new OperationalNegotiation(Parameters, _policy.Options, IsDiscovery);

        // Names of a second text are out of time; InitiatorAlias may come later.
        if (Find("InitiatorName") is not { } initiator)
            return Fail(LoginStatus.MissingParameter, "InitiatorName is missing");
        if (!TextValues.TryNormalizeName(initiator, out var initiatorName))
            return Fail(LoginStatus.InitiatorError, "InitiatorName is not an iSCSI name");
        InitiatorName = initiatorName;
        if (!IsDiscovery)
        {
            if (Find("TargetName") is not { } target)
                return Fail(LoginStatus.MissingParameter, "TargetName is missing");
            if (!TextValues.TryNormalizeName(target, out var targetName) || targetName != _policy.TargetName)
                return Fail(LoginStatus.NotFound, "there is no such target here");
        }
        else if (Tsih != 0)
        {
            return Fail(LoginStatus.SessionDoesNotExist, "a discovery session has one connection");
        }

        _rules = _policy.RulesFor(InitiatorName);
        return _rules.Count > 0
            ? LoginStatus.Success
            : Fail(LoginStatus.AuthorizationFailure, "no rule lets this initiator in");
    }

    // Keys that both stages know. False: the key is none of them.
    private bool TakeCommon(string key, string value, out LoginStatus status)
    {
        status = LoginStatus.Success;
        switch (key)
        {
            case "InitiatorAlias":
                if (value.Length > 255)
                    status = Fail(LoginStatus.InitiatorError, "InitiatorAlias is too long");
                InitiatorAlias = value;
                return true;
            case "InitiatorName" or "TargetName" or "SessionType":
                if (_hasDeclared)
                    status = Fail(LoginStatus.InitiatorError, $"{key} belongs into the first login request");
                return true;
            case "TargetAlias" or "TargetAddress" or "TargetPortalGroupTag":
                status = Fail(LoginStatus.InitiatorError, $"{key} is for the target to declare");
                return true;
            case "SendTargets":
                status = Fail(LoginStatus.InitiatorError, "SendTargets belongs into the full-feature phase");
                return true;
            default:
                return false;
        }
    }

    // What the target says of itself in the first response (RFC 7143, 13.9).
    private void DeclareTarget()
    {
        if (_hasDeclared)
            return;
        _hasDeclared = true;
        if (IsDiscovery)
            return;
        if (_policy.Options.Alias.Length > 0)
            Answer("TargetAlias", _policy.Options.Alias);
        Answer("TargetPortalGroupTag", TextValues.FormatNumber(_policy.Options.PortalGroupTag));
    }
}
