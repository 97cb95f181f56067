using Uss.Runtime;
using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

/// <summary>
/// An iSCSI target node (RFC 7143) on one reactor: listens, lets initiators in by its configuration, and carries their
/// commands to a SCSI device. All members are for the reactor's thread.
/// </summary>
public sealed partial class IscsiTarget
{
    private const long TickNs = 500_000_000;

    private const int MaximumRejectEvents = 16;

    private readonly Reactor _reactor;
    private readonly ITargetEvents _events;
    private readonly List<IscsiConnection> _connections = [];
    private readonly List<IscsiSession> _sessions = [];
    private TargetConfiguration _configuration;
    private int _lastTsih;

    /// <summary>Creates a target on the current reactor; it serves once it <see cref="Listen"/>s.</summary>
    /// <param name="options">Identity and limits.</param>
    /// <param name="configuration">Whom it serves.</param>
    /// <param name="device">Where commands go.</param>
    /// <param name="events">Hears of logins, refusals and ends; null: nobody.</param>
    public IscsiTarget(IscsiTargetOptions options, TargetConfiguration configuration, IScsiDevice device, ITargetEvents? events = null)
    {
        Invariant.Check(options.CommandWindow is > 0 and <= 128);
        Invariant.Check(options.MaxOutstandingR2T is > 0 and <= OperationalNegotiation.LargestMaxOutstandingR2T);
        Invariant.Check(options.MaxRecvDataSegmentLength is >= 512 and <= BasicHeader.MaximumDataSegment);
        _reactor = Reactor.Current;
        _configuration = configuration;
        _events = events ?? new NoTargetEvents();
        Options = options;
        Device = device;
        device.TaskSets = this;
        Name = configuration.Iqn.ToLowerInvariant();
    }

    /// <summary>Sessions that are logged in, discovery sessions included.</summary>
    public IReadOnlyList<SessionDescription> Sessions =>
        _sessions.Where(session => !session.IsOver).Select(session => session.Describe()).ToList();

    /// <summary>Connections, logged in or not.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>The target's iSCSI name.</summary>
    public string Name { get; }

    internal IscsiTargetOptions Options { get; }

    internal IScsiDevice Device { get; }

    internal long DataBytes { get; set; }

    /// <summary>Sends so far, on all connections.</summary>
    internal long Sends { get; set; }

    internal IReadOnlyList<IscsiSession> AllSessions => _sessions;

    /// <summary>
    /// Applies a new configuration: sessions that it no longer lets in are cut, all others go on. The device learns of
    /// its LUNs elsewhere. The target's name does not change.
    /// </summary>
    public void ApplyConfiguration(TargetConfiguration configuration)
    {
        Invariant.Check(configuration.Iqn.Equals(Name, StringComparison.OrdinalIgnoreCase));
        _configuration = configuration;
        foreach (var session in _sessions.ToArray())
        {
            if (!PolicyFor(session.Connection).MayStay(session.InitiatorName, session.ChapUser))
                session.Connection.Drop("the initiator may no longer log in");
        }
    }

    internal LoginPolicy PolicyFor(IscsiConnection connection) =>
        new(_configuration, Options, connection.IsLoopback, _reactor.FillEntropy);

    /// <summary>Completes with true once the task did, or with false after the bound for ending tasks.</summary>
    internal async ValueTask<bool> WaitBoundedAsync(ValueTask task)
    {
        var outcome = new TaskCompletionSource<bool>();
        var timer = _reactor.Schedule(
            IscsiConnection.Milliseconds(Options.TaskEndTimeoutMs),
            static outcome => ((TaskCompletionSource<bool>)outcome!).TrySetResult(false),
            outcome);
        _reactor.Spawn(ReportAsync(task, outcome));
        var isDone = await outcome.Task;
        timer.Cancel();
        return isDone;

        static async ValueTask ReportAsync(ValueTask task, TaskCompletionSource<bool> outcome)
        {
            await task;
            outcome.TrySetResult(true);
        }
    }

    internal void OnLoginRefused(IscsiConnection connection, LoginNegotiation? login, LoginStatus status, string reason) =>
        _events.LoginRefused(login?.InitiatorName ?? "", connection.Remote.ToString(), (int)status, reason);

    internal void OnRejected(IscsiSession session, Opcode opcode, RejectReason reason)
    {
        // A hostile initiator must not fill the log.
        if (session.Rejections++ < MaximumRejectEvents)
            _events.PduRejected(session.Describe(), (int)opcode, (int)reason);
    }

    internal void OnSessionEnded(IscsiSession session)
    {
        _sessions.Remove(session);
        _events.SessionEnded(session.Describe(), session.Connection.EndReason);

        // Whoever waits for this end goes on at once, and must not find the session any more.
        session.Ended.TrySetResult();
        SignalEnd();
    }

    internal void CloseAllBut(IscsiSession session, string reason)
    {
        foreach (var other in _sessions.ToArray())
        {
            if (!ReferenceEquals(other, session))
                other.Connection.Drop(reason);
        }
    }
}
