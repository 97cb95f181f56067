namespace Uss.Target;

/// <summary>
/// What a target offers and to whom: an immutable snapshot of the configuration. The composition root builds it from
/// the coordination store and hands it to the running target, which applies it without dropping healthy sessions.
/// </summary>
public sealed record TargetConfiguration
{
    /// <summary>iSCSI qualified name of the target (RFC 7143, 4.2.7.4).</summary>
    public required string Iqn { get; init; }

    /// <summary>Who may log in. Empty: nobody, but see <see cref="OpenOnLoopback"/>.</summary>
    public IReadOnlyList<InitiatorRule> Initiators { get; init; } = [];

    /// <summary>Which volume is which LUN, and for whom.</summary>
    public IReadOnlyList<LunMapping> Luns { get; init; } = [];

    /// <summary>Any initiator that connects over loopback may log in without CHAP (the default set-up of one machine).</summary>
    public bool OpenOnLoopback { get; init; }
}

/// <summary>An initiator that may log in.</summary>
public sealed record InitiatorRule
{
    /// <summary>Its iSCSI name, or <c>*</c> for any.</summary>
    public required string Iqn { get; init; }

    /// <summary>CHAP user that it must prove; null: none asked for.</summary>
    public ChapCredentials? Chap { get; init; }

    /// <summary>What the target proves to it in return (mutual CHAP); null: nothing.</summary>
    public ChapCredentials? MutualChap { get; init; }
}

/// <summary>A CHAP name and secret (RFC 7143, 12.1.3).</summary>
/// <param name="Name">CHAP_N.</param>
/// <param name="Secret">The shared secret; never logged.</param>
public sealed record ChapCredentials(string Name, string Secret)
{
    /// <inheritdoc/>
    public override string ToString() => Name + " (secret hidden)";
}

/// <summary>A volume under a LUN.</summary>
/// <param name="Lun">Logical unit number, 0 to 255.</param>
/// <param name="VolumeName">The volume.</param>
/// <param name="InitiatorIqn">Only this initiator sees it; null: every initiator that may log in.</param>
/// <param name="IsReadOnly">Writes are refused with DATA PROTECT.</param>
public sealed record LunMapping(int Lun, string VolumeName, string? InitiatorIqn = null, bool IsReadOnly = false);

/// <summary>Finds the volume of a mapping on this reactor; null while it does not exist.</summary>
public delegate Uss.Volumes.IVolume? VolumeLookup(string volumeName);

/// <summary>A logged-in session, for the list of sessions.</summary>
public sealed record SessionDescription
{
    /// <summary>Initiator's iSCSI name.</summary>
    public required string InitiatorIqn { get; init; }

    /// <summary>Initiator's address.</summary>
    public required string Address { get; init; }

    /// <summary>Target session identifying handle (RFC 7143, 4.4.1).</summary>
    public required int Tsih { get; init; }

    /// <summary>CHAP user, or null.</summary>
    public required string? ChapUser { get; init; }

    /// <summary>True for a discovery session.</summary>
    public required bool IsDiscovery { get; init; }

    /// <summary>When it logged in.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>SCSI commands served.</summary>
    public required long Commands { get; init; }

    /// <summary>Bytes read by the initiator.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Bytes written by the initiator.</summary>
    public required long BytesWritten { get; init; }
}
