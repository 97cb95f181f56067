using System.Text;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Support;

internal sealed partial class TestInitiator
{
    private ushort _tsih;

    /// <summary>What was negotiated, keys of all answers together.</summary>
    public Dictionary<string, string> Negotiated { get; } = [];

    /// <summary>TSIH that the target gave.</summary>
    public int Tsih => _tsih;

    /// <summary>MaxRecvDataSegmentLength that the target declared.</summary>
    public int TargetSegmentLength => int.Parse(Negotiated.GetValueOrDefault("MaxRecvDataSegmentLength", "8192"));

    /// <summary>Connects and logs in, or fails the test.</summary>
    public static async ValueTask<TestInitiator> LogInAsync(Uss.Runtime.Reactor reactor, Uss.Runtime.Endpoint endpoint,
        TestLogin? login = null)
    {
        var initiator = await ConnectAsync(reactor, endpoint);
        var status = await initiator.LoginAsync(login ?? new TestLogin());
        if (status != LoginStatus.Success)
            throw new InvalidOperationException("login failed: " + status);
        return initiator;
    }

    /// <summary>Goes through all stages; the status of the first refusal, or success.</summary>
    public async ValueTask<LoginStatus> LoginAsync(TestLogin login)
    {
        var names = new List<(string, string)> { ("InitiatorName", login.InitiatorName) };
        if (login.IsDiscovery)
            names.Add(("SessionType", "Discovery"));
        else if (login.TargetName is { } target)
            names.Add(("TargetName", target));
        names.Add(("AuthMethod", login.Chap is null ? "None" : "CHAP"));
        var answer = await ExchangeAsync(login, LoginStage.Security, login.Chap is null, LoginStage.Operational, names);
        if (answer is null || StatusOf(answer) != LoginStatus.Success)
            return StatusOf(answer);
        if (login.Chap is { } chap)
        {
            var status = await AuthenticateAsync(login, chap);
            if (status != LoginStatus.Success)
                return status;
        }

        answer = await ExchangeAsync(
            login, LoginStage.Operational, true, LoginStage.FullFeature, login.Keys.Select(pair => (pair.Key, pair.Value)));
        if (answer is null || StatusOf(answer) != LoginStatus.Success)
            return StatusOf(answer);
        _tsih = answer.AsLogin().Tsih;
        HeaderDigest = Negotiated.GetValueOrDefault("HeaderDigest") == "CRC32C";
        DataDigest = Negotiated.GetValueOrDefault("DataDigest") == "CRC32C";
        return LoginStatus.Success;
    }

    /// <summary>One login request and its answer; null when the connection is closed instead.</summary>
    public async ValueTask<TestPdu?> ExchangeAsync(
        TestLogin login, byte stage, bool isTransit, byte next, IEnumerable<(string Key, string Value)> keys)
    {
        var text = string.Concat(keys.Select(pair => $"{pair.Key}={pair.Value}\0"));
        SendLogin(login, stage, isTransit, next, Encoding.UTF8.GetBytes(text));
        var answer = await ReceiveAsync();
        if (answer is { Opcode: Opcode.LoginResponse })
        {
            foreach (var (key, value) in answer.Keys())
                Negotiated[key] = value;
            ExpStatSn = answer.StatSn + 1;
        }

        return answer;
    }

    public void SendLogin(TestLogin login, byte stage, bool isTransit, byte next, ReadOnlySpan<byte> text, bool isContinued = false)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new LoginRequest
        {
            IsTransit = isTransit,
            IsContinued = isContinued,
            CurrentStage = stage,
            NextStage = isTransit ? next : (byte)0,
            Isid = login.Isid,
            Tsih = login.Tsih,
            InitiatorTaskTag = 0,
            CmdSn = CmdSn,
            ExpStatSn = ExpStatSn,
        }.Write(header);
        Send(header, text);
    }

    public static LoginStatus StatusOf(TestPdu? answer) =>
        answer is null ? (LoginStatus)0xFFFF : (LoginStatus)((answer.AsLogin().StatusClass << 8) | answer.AsLogin().StatusDetail);

    private async ValueTask<LoginStatus> AuthenticateAsync(TestLogin login, (string User, string Secret) chap)
    {
        var answer = await ExchangeAsync(login, LoginStage.Security, false, 0, [("CHAP_A", login.Algorithms)]);
        if (answer is null || StatusOf(answer) != LoginStatus.Success)
            return StatusOf(answer);
        var keys = answer.Keys();
        var algorithm = int.Parse(keys["CHAP_A"]);
        if (!TextValues.TryParseBinary(keys["CHAP_C"], out var challenge))
            throw new InvalidOperationException("the challenge is malformed");
        var response = ChapAlgorithm.Respond(algorithm, byte.Parse(keys["CHAP_I"]), chap.Secret, challenge);
        var proof = new List<(string, string)> { ("CHAP_N", chap.User), ("CHAP_R", TextValues.FormatBinary(response)) };
        var ownChallenge = new byte[16];
        _reactor.FillEntropy(ownChallenge);
        if (login.Mutual is not null)
        {
            proof.Add(("CHAP_I", "7"));
            proof.Add(("CHAP_C", TextValues.FormatBinary(ownChallenge)));
        }

        answer = await ExchangeAsync(login, LoginStage.Security, true, LoginStage.Operational, proof);
        if (answer is null || StatusOf(answer) != LoginStatus.Success)
            return StatusOf(answer);
        if (login.Mutual is { } mutual)
        {
            keys = answer.Keys();
            var expected = TextValues.FormatBinary(ChapAlgorithm.Respond(algorithm, 7, mutual.Secret, ownChallenge));
            if (keys.GetValueOrDefault("CHAP_N") != mutual.User || keys.GetValueOrDefault("CHAP_R") != expected)
                throw new InvalidOperationException("the target did not prove itself");
        }

        return LoginStatus.Success;
    }
}
