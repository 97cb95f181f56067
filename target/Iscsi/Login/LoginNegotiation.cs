namespace Uss.Target.Iscsi;

/// <summary>
/// The login phase of one connection (RFC 7143, chapter 6.3): takes Login Requests with their text and gives the
/// answers. Pure: sequence numbers, sessions and time are the caller's.
/// </summary>
internal sealed partial class LoginNegotiation
{
    /// <summary>Longest text of one negotiation step, over all its PDUs, bytes.</summary>
    public const int MaximumTextLength = 32768;

    /// <summary>Longest data segment of a login PDU in either direction, bytes: the default of RFC 7143, 13.12.</summary>
    public const int MaximumDataSegment = 8192;

    // A login takes 2 to 5 requests; more than this many is somebody playing.
    private const int MaximumRequests = 64;

    private readonly LoginPolicy _policy;
    private readonly List<byte> _received = [];
    private readonly List<byte> _answer = [];
    private readonly List<KeyValuePair<string, string>> _pairs = [];
    private readonly HashSet<string> _seen = [];
    private int _requests;
    private int _answerSent;
    private byte _stage;
    private bool _hasNames;
    private bool _hasDeclared;

    /// <summary>Creates the state of a connection that has sent nothing yet.</summary>
    public LoginNegotiation(LoginPolicy policy)
    {
        _policy = policy;
        Parameters = new OperationalParameters();
        _operational = new OperationalNegotiation(Parameters, policy.Options, isDiscovery: false);
    }

    /// <summary>Outcome of the operational stage.</summary>
    public OperationalParameters Parameters { get; }

    /// <summary>The initiator's normalized name; empty before it was given.</summary>
    public string InitiatorName { get; private set; } = "";

    /// <summary>InitiatorAlias, or empty.</summary>
    public string InitiatorAlias { get; private set; } = "";

    /// <summary>True for a discovery session.</summary>
    public bool IsDiscovery { get; private set; }

    /// <summary>ISID of the session.</summary>
    public ulong Isid { get; private set; }

    /// <summary>TSIH that the initiator gave: 0 for a new session.</summary>
    public ushort Tsih { get; private set; }

    /// <summary>Connection identifier.</summary>
    public ushort ConnectionId { get; private set; }

    /// <summary>CHAP user that was proved, or null.</summary>
    public string? ChapUser { get; private set; }

    /// <summary>Why the login was refused, for the log: never a secret.</summary>
    public string Refusal { get; private set; } = "";

    /// <summary>Handles the next request and its data segment.</summary>
    public LoginAnswer Handle(in LoginRequest request, ReadOnlySpan<byte> text)
    {
        var status = Step(request, text, out var answered, out var hasMore, out var goesOn);
        if (status != LoginStatus.Success)
            return new LoginAnswer(HeaderOf(request, goesOn: false, hasMore: false, status, 0), [], status, IsComplete: false);
        var header = HeaderOf(request, goesOn, hasMore, status, answered.Length);
        return new LoginAnswer(header, answered, status, IsComplete: goesOn && request.NextStage == LoginStage.FullFeature);
    }

    /// <summary>Header of an answer that refuses the login outside of the negotiation.</summary>
    public static LoginResponse Refuse(in LoginRequest request, LoginStatus status) =>
        HeaderOf(request, goesOn: false, hasMore: false, status, 0);

    private static LoginResponse HeaderOf(in LoginRequest request, bool goesOn, bool hasMore, LoginStatus status, int length) => new()
    {
        IsTransit = goesOn,
        IsContinued = hasMore,
        CurrentStage = request.CurrentStage,
        NextStage = goesOn ? request.NextStage : (byte)0,
        Isid = request.Isid,
        Tsih = request.Tsih,
        InitiatorTaskTag = request.InitiatorTaskTag,
        StatusClass = (byte)((ushort)status >> 8),
        StatusDetail = (byte)status,
        DataSegmentLength = length,
    };

    private LoginStatus Step(in LoginRequest request, ReadOnlySpan<byte> text, out byte[] answered, out bool hasMore, out bool goesOn)
    {
        answered = [];
        hasMore = false;
        goesOn = false;
        if (request.VersionMin > 0)
            return Fail(LoginStatus.UnsupportedVersion, "needs a later protocol version");
        var status = CheckHeader(request);
        if (status != LoginStatus.Success)
            return status;
        if (_answerSent < _answer.Count)
            return ContinueAnswer(request, text, out answered, out hasMore, out goesOn);
        if (_received.Count + text.Length > MaximumTextLength)
            return Fail(LoginStatus.InitiatorError, "the login text is too long");
        _received.AddRange(text);
        if (request.IsContinued)
            return LoginStatus.Success;

        _pairs.Clear();
        var isText = TextKeys.TryParse(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_received), _pairs, out var problem);
        _received.Clear();
        if (!isText)
            return Fail(LoginStatus.InitiatorError, problem);
        _answer.Clear();
        _answerSent = 0;
        status = Negotiate(request);
        if (status != LoginStatus.Success)
            return status;
        return ContinueAnswer(request, [], out answered, out hasMore, out goesOn);
    }

    private LoginStatus CheckHeader(in LoginRequest request)
    {
        if (++_requests > MaximumRequests)
            return Fail(LoginStatus.InitiatorError, "too many login requests");
        if (request.CurrentStage is not (LoginStage.Security or LoginStage.Operational))
            return Fail(LoginStatus.InitiatorError, "the current stage is not a login stage");
        if (request.IsTransit && (request.IsContinued || request.NextStage == 2 || request.NextStage <= request.CurrentStage))
            return Fail(LoginStatus.InitiatorError, "the transition is not allowed");
        if (_requests == 1)
        {
            _stage = request.CurrentStage;
            Isid = request.Isid;
            Tsih = request.Tsih;
            ConnectionId = request.ConnectionId;
        }
        else if (request.CurrentStage != _stage)
        {
            return Fail(LoginStatus.InitiatorError, "the request is of another stage than the login");
        }
        else if (request.Isid != Isid || request.Tsih != Tsih || request.ConnectionId != ConnectionId)
        {
            return Fail(LoginStatus.InitiatorError, "ISID, TSIH or CID changed during the login");
        }

        return LoginStatus.Success;
    }

    // An answer longer than a login PDU holds goes out in pieces; the initiator asks for the next by empty requests.
    private LoginStatus ContinueAnswer(
        in LoginRequest request, ReadOnlySpan<byte> text, out byte[] answered, out bool hasMore, out bool goesOn)
    {
        answered = [];
        hasMore = false;
        goesOn = false;
        if (!text.IsEmpty || request.IsContinued)
            return Fail(LoginStatus.InitiatorError, "new text came before the answer was complete");
        var length = Math.Min(_answer.Count - _answerSent, MaximumDataSegment);
        answered = [.. _answer.GetRange(_answerSent, length)];
        _answerSent += length;
        hasMore = _answerSent < _answer.Count;
        goesOn = request.IsTransit && !hasMore && MayLeaveStage();
        if (goesOn)
            _stage = request.NextStage;
        return LoginStatus.Success;
    }

    private LoginStatus Negotiate(in LoginRequest request)
    {
        if (!_hasNames)
        {
            var status = TakeNames();
            if (status != LoginStatus.Success)
                return status;
        }

        foreach (var (key, _) in _pairs)
        {
            if (!_seen.Add(key))
                return Fail(LoginStatus.InitiatorError, $"key {key} came twice");
        }

        return _stage == LoginStage.Security ? NegotiateSecurity(request) : NegotiateOperational();
    }

    private string? Find(string key)
    {
        foreach (var (name, value) in _pairs)
        {
            if (name == key)
                return value;
        }

        return null;
    }

    private void Answer(string key, string value) => TextKeys.Append(_answer, key, value);

    private LoginStatus Fail(LoginStatus status, string reason)
    {
        Refusal = reason;
        return status;
    }
}

/// <summary>An answer of the login phase.</summary>
/// <param name="Header">The response, without sequence numbers.</param>
/// <param name="Text">Its data segment.</param>
/// <param name="Status">Success, or why the login ends here.</param>
/// <param name="IsComplete">This response opens the full-feature phase.</param>
internal readonly record struct LoginAnswer(LoginResponse Header, byte[] Text, LoginStatus Status, bool IsComplete);
