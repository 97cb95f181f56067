using System.Text;
using Uss.Runtime;
using Uss.Target.Iscsi;

namespace Uss.Simulation.Target;

/// <summary>Logging in.</summary>
internal sealed partial class InitiatorSession
{
    private const long LoginTimeoutNs = 5_000_000_000;

    private readonly Dictionary<string, string> _negotiated = [];

    private bool ImmediateData => _negotiated.GetValueOrDefault("ImmediateData", "Yes") == "Yes";

    private bool InitialReadyToTransfer => _negotiated.GetValueOrDefault("InitialR2T", "Yes") == "Yes";

    private int FirstBurstLength => NumberOf("FirstBurstLength", 65536);

    private int TargetSegmentLength => NumberOf("MaxRecvDataSegmentLength", 8192);

    /// <summary>Connects and logs in; null when that fails.</summary>
    /// <param name="reactor">The initiator's reactor.</param>
    /// <param name="portal">Where.</param>
    /// <param name="initiatorName">The initiator's iSCSI name.</param>
    /// <param name="targetName">The target's.</param>
    /// <param name="isid">Session identifier: a session of the same one is replaced.</param>
    /// <param name="random">What to negotiate, and when to time out.</param>
    public static async ValueTask<InitiatorSession?> LogInAsync(
        Reactor reactor, Endpoint portal, string initiatorName, string targetName, ulong isid, SeededRandom random)
    {
        var connected = await reactor.ConnectAsync(portal);
        if (!connected.IsOk)
            return null;
        var session = new InitiatorSession(reactor, random, connected.Value);
        var timer = reactor.Schedule(LoginTimeoutNs, static state => ((InitiatorSession)state!)._transport.Break(), session);
        var isIn = await session.NegotiateAsync(initiatorName, targetName, isid);
        timer.Cancel();
        if (isIn && !session._transport.IsBroken)
        {
            session._isReceiving = true;
            reactor.Spawn(session.ReceiveAsync());
            return session;
        }

        await session.CloseAsync();
        return null;
    }

    private async ValueTask<bool> NegotiateAsync(string initiatorName, string targetName, ulong isid)
    {
        var security = new Dictionary<string, string>
        {
            ["InitiatorName"] = initiatorName,
            ["TargetName"] = targetName,
            ["SessionType"] = "Normal",
            ["AuthMethod"] = "None",
        };
        if (!await ExchangeAsync(isid, current: 0, next: 1, security))
            return false;
        var headerDigest = _random.Next(3) == 0 ? "CRC32C" : "None";
        var dataDigest = _random.Next(3) == 0 ? "CRC32C" : "None";
        var operational = new Dictionary<string, string>
        {
            ["HeaderDigest"] = headerDigest,
            ["DataDigest"] = dataDigest,
            ["InitialR2T"] = _random.Next(2) == 0 ? "Yes" : "No",
            ["ImmediateData"] = _random.Next(3) == 0 ? "No" : "Yes",
            ["MaxRecvDataSegmentLength"] = $"{InitiatorTransport.ReceiveBytes >> _random.Next(8)}",
            ["MaxBurstLength"] = $"{512 << (3 + _random.Next(8))}",
            ["FirstBurstLength"] = $"{512 << _random.Next(8)}",
            ["MaxOutstandingR2T"] = $"{1 + _random.Next(4)}",
            ["ErrorRecoveryLevel"] = "0",
            ["MaxConnections"] = "1",
        };
        if (!await ExchangeAsync(isid, current: 1, next: 3, operational))
            return false;
        _transport.HeaderDigest = _negotiated.GetValueOrDefault("HeaderDigest") == "CRC32C";
        _transport.DataDigest = _negotiated.GetValueOrDefault("DataDigest") == "CRC32C";
        return true;
    }

    /// <summary>One request and its answer, which must go on to the next stage.</summary>
    private async ValueTask<bool> ExchangeAsync(ulong isid, byte current, byte next, Dictionary<string, string> keys)
    {
        var request = new byte[BasicHeader.Size];
        new LoginRequest
        {
            IsTransit = true,
            CurrentStage = current,
            NextStage = next,
            Isid = isid,
            InitiatorTaskTag = 0,
            CmdSn = _commandSequence,
            ExpStatSn = _expectedStatus,
        }.Write(request);
        _transport.Send(request, Encoding.UTF8.GetBytes(string.Concat(keys.Select(pair => $"{pair.Key}={pair.Value}\0"))));
        var (isOk, header, length) = await _transport.ReceiveAsync(_header);
        if (!isOk || !LoginResponse.TryParse(header.Span, out var response) || response.StatusClass != 0)
            return false;
        _expectedStatus = response.StatSn + 1;
        _lastCommandSequence = response.MaxCmdSn;
        foreach (var pair in Encoding.UTF8.GetString(_transport.Data(length)).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var split = pair.IndexOf('=', StringComparison.Ordinal);
            _negotiated[pair[..split]] = pair[(split + 1)..];
        }

        if (!response.IsTransit || response.NextStage != next)
            throw new SimulationException($"the target does not go on from login stage {current} to {next}");
        return true;
    }

    private int NumberOf(string key, int otherwise) =>
        int.TryParse(_negotiated.GetValueOrDefault(key), out var value) ? value : otherwise;
}
