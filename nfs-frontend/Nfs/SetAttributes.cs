using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>How a time is to be set: time_how (RFC 1813, 2.6).</summary>
public enum TimeChange : uint
{
    /// <summary>DONT_CHANGE.</summary>
    Keep = 0,

    /// <summary>SET_TO_SERVER_TIME.</summary>
    Now = 1,

    /// <summary>SET_TO_CLIENT_TIME.</summary>
    Given = 2,
}

/// <summary>Attributes to set, each of which may be left as it is: sattr3 (RFC 1813, 2.6).</summary>
public readonly record struct SetAttributes
{
    /// <summary>Permission bits; null: as they are.</summary>
    public uint? Mode { get; init; }

    /// <summary>Owner; null: as it is.</summary>
    public uint? UserId { get; init; }

    /// <summary>Group; null: as it is.</summary>
    public uint? GroupId { get; init; }

    /// <summary>Length in bytes; null: as it is.</summary>
    public ulong? Length { get; init; }

    /// <summary>What becomes of the time of the last access.</summary>
    public TimeChange AccessedChange { get; init; }

    /// <summary>That time, when it is given.</summary>
    public NfsTime Accessed { get; init; }

    /// <summary>What becomes of the time of the last modification.</summary>
    public TimeChange ModifiedChange { get; init; }

    /// <summary>That time, when it is given.</summary>
    public NfsTime Modified { get; init; }

    /// <summary>Reads them.</summary>
    public static SetAttributes Read(ref XdrReader reader)
    {
        var attributes = new SetAttributes
        {
            Mode = reader.Boolean() ? reader.UInt32() : null,
            UserId = reader.Boolean() ? reader.UInt32() : null,
            GroupId = reader.Boolean() ? reader.UInt32() : null,
            Length = reader.Boolean() ? reader.UInt64() : null,
        };
        var (accessedChange, accessed) = ReadTime(ref reader);
        var (modifiedChange, modified) = ReadTime(ref reader);
        return attributes with
        {
            AccessedChange = accessedChange,
            Accessed = accessed,
            ModifiedChange = modifiedChange,
            Modified = modified,
        };
    }

    private static (TimeChange Change, NfsTime Time) ReadTime(ref XdrReader reader)
    {
        var change = (TimeChange)reader.UInt32AtMost((uint)TimeChange.Given);
        return (change, change == TimeChange.Given ? NfsTime.Read(ref reader) : default);
    }
}
