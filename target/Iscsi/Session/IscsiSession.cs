using Uss.Runtime;
using Uss.Target.Scsi;

namespace Uss.Target.Iscsi;

/// <summary>
/// A session in the full-feature phase (RFC 7143, 4.4) over its one connection: orders commands, moves their data,
/// answers them. Every answer passes the connection's queue, so that the order of decisions is the order on the wire.
/// </summary>
internal sealed partial class IscsiSession
{
    private readonly IscsiTarget _target;
    private readonly Reactor _reactor;
    private readonly IScsiDevice _device;
    private readonly string? _chapUser;
    private readonly DateTimeOffset _since;

    /// <summary>Creates the session that a login negotiated.</summary>
    public IscsiSession(IscsiTarget target, Reactor reactor, IscsiConnection connection, LoginNegotiation login, int tsih, uint cmdSn)
    {
        _target = target;
        _reactor = reactor;
        _device = target.Device;
        Connection = connection;
        Parameters = login.Parameters;
        InitiatorName = login.InitiatorName;
        Isid = login.Isid;
        ConnectionId = login.ConnectionId;
        IsDiscovery = login.IsDiscovery;
        Tsih = tsih;
        _chapUser = login.ChapUser;
        _since = reactor.UtcNow;
        ExpCmdSn = cmdSn;
        _window = target.Options.CommandWindow;
        Array.Fill(_tags, BasicHeader.NoTag);
        for (var slot = Slots - 1; slot >= 0; slot--)
            _freeSlots[_freeSlotCount++] = (byte)slot;
    }

    /// <summary>Its connection.</summary>
    public IscsiConnection Connection { get; }

    /// <summary>What was negotiated.</summary>
    public OperationalParameters Parameters { get; }

    /// <summary>The initiator's normalized name.</summary>
    public string InitiatorName { get; }

    /// <summary>CHAP user, or null.</summary>
    public string? ChapUser => _chapUser;

    /// <summary>Initiator session identifier, 48 bits.</summary>
    public ulong Isid { get; }

    /// <summary>Target session identifying handle.</summary>
    public int Tsih { get; }

    /// <summary>Connection identifier.</summary>
    public ushort ConnectionId { get; }

    /// <summary>True for a discovery session, which has no nexus.</summary>
    public bool IsDiscovery { get; }

    /// <summary>The I_T nexus of a normal session.</summary>
    public ScsiNexus? Nexus { get; set; }

    /// <summary>Bytes of data buffers that its commands hold.</summary>
    public long DataBytes { get; private set; }

    /// <summary>Completed when nothing of the session can reach a device any more and it has left the target's list.</summary>
    public TaskCompletionSource Ended { get; } = new();

    /// <summary>PDUs answered by a Reject.</summary>
    public long Rejections { get; set; }

    /// <summary>Its connection has been cut.</summary>
    public bool IsOver => Connection.IsOver;

    /// <summary>For the list of sessions.</summary>
    public SessionDescription Describe() => new()
    {
        InitiatorIqn = InitiatorName,
        Address = Connection.Remote.ToString(),
        Tsih = Tsih,
        ChapUser = _chapUser,
        IsDiscovery = IsDiscovery,
        Since = _since,
        Commands = _commands,
        BytesRead = _bytesRead,
        BytesWritten = _bytesWritten,
    };

    /// <summary>Ends the nexus; its tasks have ended.</summary>
    public void Detach()
    {
        Invariant.Check(_running == 0 && DataBytes == 0);
        if (Nexus is { } nexus)
            _device.DetachNexus(nexus);
        Nexus = null;
    }

    /// <summary>Looks after time-outs of task management; called about once a second.</summary>
    public void Tick(long nowNs) => TickTaskManagement(nowNs);
}
