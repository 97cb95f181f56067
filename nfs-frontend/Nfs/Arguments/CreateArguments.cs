using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>What CREATE does when the name is there already: createmode3 (RFC 1813, 3.3.8).</summary>
public enum CreateMode : uint
{
    /// <summary>UNCHECKED: takes the file that is there.</summary>
    Unchecked = 0,

    /// <summary>GUARDED: fails.</summary>
    Guarded = 1,

    /// <summary>EXCLUSIVE: fails, unless the file was created by the same request.</summary>
    Exclusive = 2,
}

/// <summary>The arguments of CREATE (RFC 1813, 3.3.8).</summary>
/// <param name="Where">The new name.</param>
/// <param name="Mode">What happens when it is there.</param>
/// <param name="Attributes">Attributes of the new file; none for <see cref="CreateMode.Exclusive"/>.</param>
/// <param name="Verifier">What tells one exclusive request from others.</param>
public readonly record struct CreateArguments(NamedEntry Where, CreateMode Mode, SetAttributes Attributes, ulong Verifier)
{
    /// <summary>Reads them.</summary>
    public static CreateArguments Read(ref XdrReader reader)
    {
        var where = NamedEntry.Read(ref reader);
        var mode = (CreateMode)reader.UInt32AtMost((uint)CreateMode.Exclusive);
        return mode == CreateMode.Exclusive
            ? new CreateArguments(where, mode, default, reader.UInt64())
            : new CreateArguments(where, mode, SetAttributes.Read(ref reader), 0);
    }
}
