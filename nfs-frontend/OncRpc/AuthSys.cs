using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>The body of an AUTH_SYS credential (RFC 5531, Appendix A: authsys_parms).</summary>
public struct AuthSys
{
    /// <summary>Most groups beside the user's own.</summary>
    public const int MaximumGroups = 16;

    /// <summary>Most bytes of a machine's name.</summary>
    public const int MaximumMachineName = 255;

    private GroupIds _groups;
    private int _groupCount;

    /// <summary>A number that the client makes up.</summary>
    public uint Stamp { get; private set; }

    /// <summary>The user.</summary>
    public uint UserId { get; private set; }

    /// <summary>The user's own group.</summary>
    public uint GroupId { get; private set; }

    /// <summary>The user's further groups.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<uint> Groups => ((ReadOnlySpan<uint>)_groups)[.._groupCount];

    /// <summary>Reads the body; false when it breaks a bound or goes on behind its end.</summary>
    public static bool TryParse(ReadOnlySpan<byte> body, out AuthSys credential)
    {
        credential = default;
        var reader = new XdrReader(body);
        credential.Stamp = reader.UInt32();
        reader.Opaque(MaximumMachineName);
        credential.UserId = reader.UInt32();
        credential.GroupId = reader.UInt32();
        credential._groupCount = (int)reader.UInt32AtMost(MaximumGroups);
        for (var i = 0; i < credential._groupCount; i++)
            credential._groups[i] = reader.UInt32();
        return reader.IsOk && reader.Position == body.Length;
    }

    /// <summary>Writes the body for a server that calls as root, from a machine of that name.</summary>
    public static void WriteRoot(ref XdrWriter writer, scoped ReadOnlySpan<byte> machine)
    {
        writer.UInt32(0);
        writer.Opaque(machine);
        writer.UInt32(0);
        writer.UInt32(0);
        writer.UInt32(0);
    }

    [InlineArray(MaximumGroups)]
    private struct GroupIds
    {
        private uint _first;
    }
}
