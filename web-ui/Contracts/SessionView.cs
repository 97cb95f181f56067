namespace Uss.WebUi.Contracts;

/// <summary>A logged-in iSCSI session as the API shows it.</summary>
public sealed record SessionView
{
    /// <summary>Initiator's iSCSI name.</summary>
    public required string Initiator { get; init; }

    /// <summary>Initiator's address.</summary>
    public required string Address { get; init; }

    /// <summary>Target session identifying handle (RFC 7143, 4.4.1).</summary>
    public required int Tsih { get; init; }

    /// <summary>CHAP user, or null.</summary>
    public string? ChapUser { get; init; }

    /// <summary><c>normal</c> or <c>discovery</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>When it logged in.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>SCSI commands served.</summary>
    public required long Commands { get; init; }

    /// <summary>Bytes read by the initiator.</summary>
    public required long BytesRead { get; init; }

    /// <summary>Bytes written by the initiator.</summary>
    public required long BytesWritten { get; init; }
}
