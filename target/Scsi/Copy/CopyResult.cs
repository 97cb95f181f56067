namespace Uss.Target.Scsi.Copy;

/// <summary>How far an EXTENDED COPY came, kept under its list identifier for whoever asks.</summary>
internal sealed class CopyResult
{
    /// <summary>COPY COMMAND STATUS.</summary>
    public CopyStatus Status { get; set; }

    /// <summary>Segments done.</summary>
    public int Segments { get; set; }

    /// <summary>Bytes written.</summary>
    public long Bytes { get; set; }

    /// <summary>Sense data of a copy that failed.</summary>
    public byte[] Sense { get; set; } = [];
}

/// <summary>COPY COMMAND STATUS (SPC-5, table 291).</summary>
internal enum CopyStatus : byte
{
    InProgress = 0,
    Completed = 1,
    Failed = 2,
}
