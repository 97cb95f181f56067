namespace Uss.Simulation.Linearizability;

/// <summary>What an operation says of the block's state at the instant at which it happens.</summary>
public enum BlockCondition
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The sectors were as given: a read returned them, or a compare-and-write found them.</summary>
    Equal,

    /// <summary>At least one sector was not as given: a compare-and-write said so.</summary>
    Different,
}

/// <summary>
/// One operation on one block as a client saw it. It happens at one instant between start and end; when it is optional
/// (its client never got an answer), it may not happen at all.
/// </summary>
public sealed record BlockOperation
{
    /// <summary>The end of an operation that is still under way.</summary>
    public const long Never = long.MaxValue;

    /// <summary>When the client asked.</summary>
    public required long Start { get; init; }

    /// <summary>When the client had its answer; <see cref="Never"/> while it has none.</summary>
    public long End { get; set; } = Never;

    /// <summary>True when the client was told nothing, so that it may or may not have happened.</summary>
    public bool IsOptional { get; set; }

    /// <summary>What it says of the state.</summary>
    public BlockCondition Condition { get; init; }

    /// <summary>Sectors that <see cref="Condition"/> is about.</summary>
    public byte ReadMask { get; init; }

    /// <summary>Stamps that <see cref="Condition"/> is about.</summary>
    public SectorStamps Expected { get; init; }

    /// <summary>Sectors that it changes.</summary>
    public byte WriteMask { get; init; }

    /// <summary>Stamps that it puts there.</summary>
    public SectorStamps Written { get; init; }

    /// <summary>Who did it, for messages.</summary>
    public int Client { get; init; }

    /// <summary>A finished read of sectors.</summary>
    public static BlockOperation Read(long start, long end, SectorStamps seen, byte mask = 0xFF) => new()
    {
        Start = start,
        End = end,
        Condition = BlockCondition.Equal,
        ReadMask = mask,
        Expected = seen,
    };

    /// <summary>A write of one stamp to sectors.</summary>
    public static BlockOperation Write(long start, long end, ulong stamp, byte mask = 0xFF) => new()
    {
        Start = start,
        End = end,
        IsOptional = end == Never,
        WriteMask = mask,
        Written = SectorStamps.All(stamp),
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var end = End == Never ? "never" : $"{End}";
        var condition = Condition == BlockCondition.None ? "" : $" {Condition} {Expected} in {ReadMask:x2}";
        var change = WriteMask == 0 ? "" : $" writes {Written} in {WriteMask:x2}";
        return $"client {Client} [{Start}, {end}]{(IsOptional ? " optional" : "")}{condition}{change}";
    }
}
