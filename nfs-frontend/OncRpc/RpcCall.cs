using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>
/// The header of a call (RFC 5531, 9: rpc_msg with call_body).
/// <code>
/// xid   0 = CALL   2 = RPC version   program   version   procedure
/// credential: flavor, opaque of at most 400 bytes      verifier: the same      arguments
/// </code>
/// </summary>
public readonly record struct RpcCall
{
    /// <summary>The version of RPC itself.</summary>
    public const uint RpcVersion = 2;

    /// <summary>Most bytes of a credential or a verifier (8.2).</summary>
    public const int MaximumAuthBytes = 400;

    /// <summary>Most bytes of a header: ten units around credential and verifier.</summary>
    public const int MaximumSize = (10 * 4) + (2 * MaximumAuthBytes);

    /// <summary>The caller's number for the call, which the reply repeats; the same when the call is sent again.</summary>
    public uint Xid { get; init; }

    /// <summary>The version of RPC that the caller speaks; no other field but the number is known when it is not <see cref="RpcVersion"/>.</summary>
    public uint SpokenVersion { get; init; }

    /// <summary>The program, for example 100003 for NFS.</summary>
    public uint Program { get; init; }

    /// <summary>The program's version.</summary>
    public uint Version { get; init; }

    /// <summary>The procedure.</summary>
    public uint Procedure { get; init; }

    /// <summary>What the credential is.</summary>
    public AuthFlavor Flavor { get; init; }

    /// <summary>The credential's body.</summary>
    public XdrBytes Credential { get; init; }

    /// <summary>Where the arguments begin.</summary>
    public int ArgumentsOffset { get; init; }

    /// <summary>Why the call must be refused though its number is known: a credential or verifier that breaks its bound.</summary>
    public AuthStatus Refusal { get; init; }

    /// <summary>Reads a call's header; false when this is no call, so that nobody waits for an answer.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out RpcCall call)
    {
        const uint callType = 0;
        var reader = new XdrReader(message);
        var xid = reader.UInt32();
        var type = reader.UInt32();
        var spoken = reader.UInt32();
        call = new RpcCall { Xid = xid, SpokenVersion = spoken };
        if (!reader.IsOk || type != callType)
            return false;
        if (spoken != RpcVersion)
            return true;
        var (program, version, procedure) = (reader.UInt32(), reader.UInt32(), reader.UInt32());
        if (!reader.IsOk)
            return false;
        var flavor = (AuthFlavor)reader.UInt32();
        var credential = reader.Opaque(MaximumAuthBytes);
        var refusal = reader.IsOk ? AuthStatus.Ok : AuthStatus.BadCredential;
        reader.UInt32();
        reader.Opaque(MaximumAuthBytes);
        if (refusal == AuthStatus.Ok && !reader.IsOk)
            refusal = AuthStatus.BadVerifier;
        call = call with
        {
            Program = program,
            Version = version,
            Procedure = procedure,
            Flavor = flavor,
            Credential = credential,
            ArgumentsOffset = reader.Position,
            Refusal = refusal,
        };
        return true;
    }

    /// <summary>Writes the header with a verifier of AUTH_NONE, as clients do.</summary>
    public static void Write(ref XdrWriter writer, in RpcCall call, scoped ReadOnlySpan<byte> credential)
    {
        writer.UInt32(call.Xid);
        writer.UInt32(0);
        writer.UInt32(RpcVersion);
        writer.UInt32(call.Program);
        writer.UInt32(call.Version);
        writer.UInt32(call.Procedure);
        writer.UInt32((uint)call.Flavor);
        writer.Opaque(credential);
        writer.UInt32((uint)AuthFlavor.None);
        writer.Opaque([]);
    }
}
