namespace Uss.WebUi.Contracts;

/// <summary>A volume under a LUN as the API shows it.</summary>
public sealed record LunView
{
    /// <summary>Logical unit number, 0 to 255.</summary>
    public required int Lun { get; init; }

    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>Only this initiator sees it; null: every initiator that may log in.</summary>
    public string? Initiator { get; init; }

    /// <summary>Writes are refused.</summary>
    public bool ReadOnly { get; init; }
}

/// <summary>Body of <c>POST /api/v1/luns</c>.</summary>
public sealed record MapLun
{
    /// <summary>The volume.</summary>
    public required string Volume { get; init; }

    /// <summary>Logical unit number, 0 to 255; null: the lowest free one.</summary>
    public int? Lun { get; init; }

    /// <summary>Only this initiator sees it; null: every initiator that may log in.</summary>
    public string? Initiator { get; init; }

    /// <summary>Writes are refused.</summary>
    public bool ReadOnly { get; init; }
}
