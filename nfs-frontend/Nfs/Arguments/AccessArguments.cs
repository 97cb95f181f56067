using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>What a caller may ask to be allowed: the bits of ACCESS (RFC 1813, 3.3.4).</summary>
[Flags]
public enum AccessRights : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>ACCESS3_READ: data of a file, names in a directory.</summary>
    Read = 0x01,

    /// <summary>ACCESS3_LOOKUP: a name in a directory.</summary>
    Lookup = 0x02,

    /// <summary>ACCESS3_MODIFY: data that is there, names that are there.</summary>
    Modify = 0x04,

    /// <summary>ACCESS3_EXTEND: new data, new names.</summary>
    Extend = 0x08,

    /// <summary>ACCESS3_DELETE: a name in a directory.</summary>
    Delete = 0x10,

    /// <summary>ACCESS3_EXECUTE: running a file.</summary>
    Execute = 0x20,
}

/// <summary>The arguments of ACCESS (RFC 1813, 3.3.4).</summary>
/// <param name="File">The file's handle.</param>
/// <param name="Rights">What is asked about.</param>
public readonly record struct AccessArguments(XdrBytes File, AccessRights Rights)
{
    /// <summary>Reads them.</summary>
    public static AccessArguments Read(ref XdrReader reader) => new(reader.Opaque(NfsLimits.HandleBytes), (AccessRights)reader.UInt32());
}
