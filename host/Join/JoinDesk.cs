using System.Security.Cryptography;
using System.Text;
using Serilog;
using Uss.Coordination;
using Uss.Host.Serve;
using Uss.Replication;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Host.Join;

/// <summary>
/// Lets machines join that have a token: the host's side of the join protocol (docs/protocols/join.md), on the port and
/// the reactor of the node protocol.
/// </summary>
/// <param name="reactor">The reactor.</param>
/// <param name="coordination">The coordination store.</param>
/// <param name="cluster">The cluster and this node.</param>
/// <param name="log">Hears who joined and who was refused.</param>
internal sealed class JoinDesk(Reactor reactor, ICoordinationStore coordination, ClusterMembership cluster, ILogger log) : IGuestDesk
{
    private const int MostGuests = 8;
    private const int MostFailures = 10;
    private const int MostFailuresOfAll = 100;

    private readonly JoinRegister _register = new(coordination, reactor);
    private readonly FailureLimit _failures = new(MostFailures, MostFailuresOfAll);
    private readonly EventLimit _refusals = new(TargetLog.MostInAMinute, TimeProvider.System);
    private Func<string, bool>? _mayServe;
    private int _guests;

    /// <inheritdoc/>
    public uint Magic => JoinMessage.Magic;

    /// <summary>How long a guest may take, in nanoseconds.</summary>
    public long GuestLimitNs { get; init; } = 5_000_000_000;

    /// <summary>The node serves: from here on machines may join.</summary>
    /// <param name="mayServe">Whether a node serves, or may do so though it cannot be reached.</param>
    public void Open(Func<string, bool> mayServe) => _mayServe = mayServe;

    /// <inheritdoc/>
    public async ValueTask ServeAsync(IConnection connection, ReadOnlyMemory<byte> first)
    {
        using var wire = new JoinWire(reactor, connection);
        var deadline = reactor.Schedule(GuestLimitNs, static connection => ((IConnection)connection!).Abort(), connection);
        _guests++;
        try
        {
            await ServeAsync(wire, first.ToArray());
        }
        finally
        {
            _guests--;
            deadline.Cancel();
        }
    }

    private async ValueTask ServeAsync(JoinWire wire, byte[] first)
    {
        if (JoinMessage.Parse(first) is not { Kind: JoinKind.Request } request)
            return;
        if (_guests > MostGuests || !_failures.MayTry(wire.Remote.Address, reactor.MonotonicNs))
        {
            await RefuseAsync(wire, request, JoinRefusal.Busy);
            return;
        }

        if (request.Version != JoinMessage.CurrentVersion)
            await RefuseAsync(wire, request, JoinRefusal.Version);
        else if (request.ClusterId != cluster.ClusterId)
            await RefuseAsync(wire, request, JoinRefusal.ForeignCluster);
        else
            await ChallengeAsync(wire, first, request);
    }

    private async ValueTask ChallengeAsync(JoinWire wire, byte[] first, JoinMessage request)
    {
        var secret = JoinKeys.SecretOf(cluster.ClusterId, cluster.Key, request.TokenId.Span);
        using var pair = JoinKeys.CreatePair();
        var message = new JoinMessage
        {
            Kind = JoinKind.Challenge,
            ClusterId = cluster.ClusterId,
            AttachedBytes = JoinKeys.PublicBytes,
            Secret = RandomNumberGenerator.GetBytes(JoinMessage.SecretBytes),
        };
        byte[] challenge = [.. message.ToBytes(), .. JoinKeys.PublicOf(pair)];
        if (!await wire.SendAsync(challenge) || await wire.ReceiveAsync() is not { } received)
            return;
        var (header, attached, answer) = received;
        if (answer.Kind != JoinKind.Proof || attached.Length != JoinKeys.PublicBytes)
            return;
        byte[] proof = [.. header, .. attached];
        var expected = JoinKeys.GuestProof(secret, first, challenge, attached);
        if (!CryptographicOperations.FixedTimeEquals(expected, answer.Secret.Span)
            || JoinKeys.SealKey(secret, pair, attached, first, challenge, proof) is not { } key)
        {
            await RefuseAsync(wire, request, JoinRefusal.Proof);
            return;
        }

        var verdict = await JudgeAsync(request, secret);
        if (verdict.Refusal != JoinRefusal.None)
        {
            await RefuseAsync(wire, request, verdict.Refusal, verdict.Details);
            return;
        }

        await GrantAsync(wire, request, verdict.MemberId, key, JoinKeys.HostProof(secret, first, challenge, proof));
    }

    private ValueTask<JoinRegister.Verdict> JudgeAsync(JoinMessage request, byte[] secret)
    {
        if (_mayServe is not { } mayServe)
            return ValueTask.FromResult(new JoinRegister.Verdict(JoinRefusal.Unavailable));
        if (VolumeRules.CheckName(request.Name) is not null || JoinRules.CheckListen(request.Listen) is not null)
            return ValueTask.FromResult(new JoinRegister.Verdict(JoinRefusal.BadRequest));
        return _register.AdmitAsync(
            JoinKeys.HashOf(request.TokenId.Span, secret),
            request.Name,
            request.Listen,
            Guid.NewGuid(),
            mayServe);
    }

    private async ValueTask GrantAsync(JoinWire wire, JoinMessage request, Guid memberId, byte[] key, byte[] proof)
    {
        var grant = new JoinGrant
        {
            ClusterKey = cluster.Key,
            MemberId = memberId,
            Clock = reactor.UtcNow,
            Host = cluster.Name,
            Etcd = cluster.Etcd,
            Tls = cluster.IsEncrypting,
        }.ToBytes();
        var header = new JoinMessage
        {
            Kind = JoinKind.Grant,
            ClusterId = cluster.ClusterId,
            AttachedBytes = grant.Length + JoinKeys.TagBytes,
            Secret = proof,
        }.ToBytes();
        var isSent = await wire.SendAsync([.. header, .. JoinKeys.Seal(key, grant, header)]);
        log.Information(
            "node {Name} at {Listen} joined from {Remote}{Lost:l}",
            request.Name,
            request.Listen,
            wire.Remote,
            isSent ? "" : ", but the connection was lost: if it did not hear of it, it needs another token");
    }

    private async ValueTask RefuseAsync(JoinWire wire, JoinMessage request, JoinRefusal reason, string details = "")
    {
        if (reason is not (JoinRefusal.Busy or JoinRefusal.Unavailable or JoinRefusal.NameTaken or JoinRefusal.AddressTaken))
            _failures.Fail(wire.Remote.Address);
        if (_refusals.Pass(out _))
            log.Warning("refused to let '{Name}' join from {Remote}: {Reason}", request.Name, wire.Remote, reason);
        var text = Encoding.UTF8.GetBytes(details);
        var header = new JoinMessage
        {
            Kind = JoinKind.Refusal,
            Refusal = reason,
            ClusterId = cluster.ClusterId,
            AttachedBytes = text.Length,
        }.ToBytes();
        await wire.SendAsync([.. header, .. text]);
    }
}
