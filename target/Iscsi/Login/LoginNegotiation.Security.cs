using System.Security.Cryptography;
using System.Text;

namespace Uss.Target.Iscsi;

// The SecurityNegotiation stage (RFC 7143, 6.3.2 and chapter 12): None or CHAP, one-way or mutual.
internal sealed partial class LoginNegotiation
{
    private SecurityState _security;
    private bool _isAuthenticated;
    private int _algorithm;
    private byte _identifier;
    private byte[] _challenge = [];

    private enum SecurityState
    {
        /// <summary>No AuthMethod yet.</summary>
        Start,

        /// <summary>AuthMethod=CHAP was agreed on; CHAP_A comes next.</summary>
        MethodChosen,

        /// <summary>The challenge is out; CHAP_N and CHAP_R come next.</summary>
        Challenged,

        /// <summary>Authenticated, or nothing asked for.</summary>
        Done,
    }

    private LoginStatus NegotiateSecurity(in LoginRequest request)
    {
        foreach (var (key, value) in _pairs)
        {
            if (TakeCommon(key, value, out var status))
            {
                if (status != LoginStatus.Success)
                    return status;
                continue;
            }

            switch (key)
            {
                case "AuthMethod" or "CHAP_A" or "CHAP_N" or "CHAP_R" or "CHAP_I" or "CHAP_C":
                    break;
                case "HeaderDigest" or "DataDigest" or "MaxRecvDataSegmentLength" or "MaxConnections" or "InitialR2T"
                    or "ImmediateData" or "MaxBurstLength" or "FirstBurstLength" or "MaxOutstandingR2T" or "DataPDUInOrder"
                    or "DataSequenceInOrder" or "ErrorRecoveryLevel" or "DefaultTime2Wait" or "DefaultTime2Retain"
                    or "TaskReporting" or "iSCSIProtocolLevel" or "IFMarker" or "OFMarker" or "IFMarkInt" or "OFMarkInt":
                    return Fail(LoginStatus.InitiatorError, $"{key} belongs into the operational stage");
                default:
                    Answer(key, OperationalNegotiation.NotUnderstood);
                    break;
            }
        }

        var outcome = _security switch
        {
            SecurityState.Start => ChooseMethod(request),
            SecurityState.MethodChosen => Challenge(),
            SecurityState.Challenged => VerifyResponse(),
            _ => HasSecurityKeys() ? Fail(LoginStatus.InitiatorError, "authentication is over") : LoginStatus.Success,
        };
        if (outcome == LoginStatus.Success)
            DeclareTarget();
        return outcome;
    }

    private bool HasSecurityKeys() =>
        _pairs.Exists(pair => pair.Key == "AuthMethod" || pair.Key.StartsWith("CHAP_", StringComparison.Ordinal));

    private bool MayLeaveStage() => _stage == LoginStage.Operational || _security == SecurityState.Done;

    private bool TryEnterWithoutAuthentication()
    {
        _isAuthenticated = _rules.Any(rule => rule.Chap is null);
        return _isAuthenticated;
    }

    private LoginStatus ChooseMethod(in LoginRequest request)
    {
        if (Find("AuthMethod") is not { } offered)
        {
            if (HasSecurityKeys())
                return Fail(LoginStatus.InitiatorError, "CHAP keys came before an agreed AuthMethod");

            // An initiator that offers nothing authenticates by nothing once it asks to go on.
            if (!request.IsTransit)
                return LoginStatus.Success;
            if (!TryEnterWithoutAuthentication())
                return Fail(LoginStatus.AuthenticationFailure, "the initiator's rule asks for CHAP, which it did not offer");
            _security = SecurityState.Done;
            return LoginStatus.Success;
        }

        if (_pairs.Exists(pair => pair.Key.StartsWith("CHAP_", StringComparison.Ordinal)))
            return Fail(LoginStatus.InitiatorError, "CHAP keys came before an agreed AuthMethod");
        foreach (var method in offered.Split(','))
        {
            if (method == "None" && TryEnterWithoutAuthentication())
            {
                _security = SecurityState.Done;
                Answer("AuthMethod", method);
                return LoginStatus.Success;
            }

            if (method == "CHAP" && _rules.Any(rule => rule.Chap is not null))
            {
                _security = SecurityState.MethodChosen;
                Answer("AuthMethod", method);
                return LoginStatus.Success;
            }
        }

        return Fail(LoginStatus.AuthenticationFailure, "the initiator offers no authentication method that its rule allows");
    }

    private LoginStatus Challenge()
    {
        if (Find("CHAP_A") is not { } list)
            return Fail(LoginStatus.AuthenticationFailure, "CHAP_A is missing");
        _algorithm = ChapAlgorithm.ChooseStrongest(list);
        if (_algorithm == 0)
            return Fail(LoginStatus.AuthenticationFailure, "no common CHAP algorithm");
        Span<byte> identifier = stackalloc byte[1];
        _policy.Entropy(identifier);
        _identifier = identifier[0];
        _challenge = new byte[ChapAlgorithm.ResponseLength(_algorithm)];
        _policy.Entropy(_challenge);
        _security = SecurityState.Challenged;
        Answer("CHAP_A", TextValues.FormatNumber(_algorithm));
        Answer("CHAP_I", TextValues.FormatNumber(_identifier));
        Answer("CHAP_C", TextValues.FormatBinary(_challenge));
        return LoginStatus.Success;
    }

    private LoginStatus VerifyResponse()
    {
        if (Find("CHAP_N") is not { } name || Find("CHAP_R") is not { } text || !TextValues.TryParseBinary(text, out var response))
            return Fail(LoginStatus.AuthenticationFailure, "CHAP_N or CHAP_R is missing or malformed");

        // One digest per candidate whatever the name, and one comparison of fixed length: neither the existence of a
        // user nor a prefix of a right response shows in the time it takes.
        InitiatorRule? proved = null;
        foreach (var rule in _rules)
        {
            if (rule.Chap is not { } credentials)
                continue;
            var expected = ChapAlgorithm.Respond(_algorithm, _identifier, credentials.Secret, _challenge);
            var isRight = CryptographicOperations.FixedTimeEquals(expected, response);
            isRight &= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(credentials.Name), Encoding.UTF8.GetBytes(name));
            if (isRight)
                proved ??= rule;
        }

        if (proved is null)
            return Fail(LoginStatus.AuthenticationFailure, "the CHAP name or response is wrong");
        var status = AnswerChallenge(proved);
        if (status != LoginStatus.Success)
            return status;
        ChapUser = name;
        _isAuthenticated = true;
        _security = SecurityState.Done;
        return LoginStatus.Success;
    }

    // Mutual CHAP (RFC 7143, 12.1.3): the initiator sends its challenge along with its response.
    private LoginStatus AnswerChallenge(InitiatorRule rule)
    {
        var identifierText = Find("CHAP_I");
        var challengeText = Find("CHAP_C");
        if (identifierText is null && challengeText is null)
            return LoginStatus.Success;
        if (identifierText is null
            || challengeText is null
            || !TextValues.TryParseNumber(identifierText, out var identifier)
            || identifier > byte.MaxValue
            || !TextValues.TryParseBinary(challengeText, out var challenge))
        {
            return Fail(LoginStatus.AuthenticationFailure, "the initiator's CHAP_I or CHAP_C is missing or malformed");
        }

        // An initiator that hands the target's own challenge back wants the answer to it (12.1.3: reflection).
        if (challenge.AsSpan().SequenceEqual(_challenge))
            return Fail(LoginStatus.AuthenticationFailure, "the initiator reflected the challenge");
        if (rule.MutualChap is not { } own)
            return Fail(LoginStatus.AuthenticationFailure, "the initiator asks for mutual CHAP, for which its rule has no secret");
        if (own.Secret == rule.Chap!.Secret)
            return Fail(LoginStatus.AuthenticationFailure, "the rule has the same secret for both directions");
        Answer("CHAP_N", own.Name);
        Answer("CHAP_R", TextValues.FormatBinary(ChapAlgorithm.Respond(_algorithm, (byte)identifier, own.Secret, challenge)));
        return LoginStatus.Success;
    }
}
