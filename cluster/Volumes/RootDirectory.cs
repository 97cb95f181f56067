namespace Uss.Volumes;

/// <summary>What the uppermost directory of a new file system is like, until a client changes it.</summary>
public sealed record RootDirectory
{
    /// <summary>Largest mode: permissions, set-user, set-group and the restriction of removal.</summary>
    public const int MaximumMode = 0xFFF;

    /// <summary>As everybody may use it: which clients there are at all is a matter of exports.</summary>
    public static RootDirectory Default { get; } = new();

    /// <summary>Its permissions as in POSIX.</summary>
    public int Mode { get; init; } = 0x1FF;

    /// <summary>Its owner.</summary>
    public uint User { get; init; }

    /// <summary>Its group.</summary>
    public uint Group { get; init; }
}
