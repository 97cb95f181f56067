namespace Uss.NfsFrontend.OncRpc;

/// <summary>How a caller says who it is (RFC 5531, 8.2).</summary>
public enum AuthFlavor : uint
{
    /// <summary>AUTH_NONE: nobody.</summary>
    None = 0,

    /// <summary>AUTH_SYS: user and groups, as the client's kernel says (Appendix A).</summary>
    Sys = 1,
}

/// <summary>What became of a call that was accepted: accept_stat (RFC 5531, 9).</summary>
public enum AcceptStatus : uint
{
    /// <summary>SUCCESS: results follow.</summary>
    Success = 0,

    /// <summary>PROG_UNAVAIL: there is no such program here.</summary>
    ProgramUnavailable = 1,

    /// <summary>PROG_MISMATCH: the program has other versions, which follow.</summary>
    ProgramMismatch = 2,

    /// <summary>PROC_UNAVAIL: the program has no such procedure.</summary>
    ProcedureUnavailable = 3,

    /// <summary>GARBAGE_ARGS: the arguments cannot be decoded.</summary>
    GarbageArguments = 4,

    /// <summary>SYSTEM_ERR: memory, say.</summary>
    SystemError = 5,
}

/// <summary>Why a caller's credentials are refused: auth_stat (RFC 5531, 9).</summary>
public enum AuthStatus : uint
{
    /// <summary>AUTH_OK: they are not.</summary>
    Ok = 0,

    /// <summary>AUTH_BADCRED: they cannot be decoded, or their kind is not known here.</summary>
    BadCredential = 1,

    /// <summary>AUTH_BADVERF: the verifier cannot be decoded.</summary>
    BadVerifier = 3,

    /// <summary>AUTH_TOOWEAK: they say too little for what is asked.</summary>
    TooWeak = 5,
}
