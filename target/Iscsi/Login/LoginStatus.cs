namespace Uss.Target.Iscsi;

/// <summary>Login status class (high byte) and detail (low byte), RFC 7143, 11.13.5.</summary>
internal enum LoginStatus : ushort
{
    /// <summary>The login goes on.</summary>
    Success = 0x0000,

    /// <summary>Miscellaneous initiator error.</summary>
    InitiatorError = 0x0200,

    /// <summary>The initiator could not be authenticated, or the target does not support the method.</summary>
    AuthenticationFailure = 0x0201,

    /// <summary>The initiator is not allowed access to the target.</summary>
    AuthorizationFailure = 0x0202,

    /// <summary>The target does not exist here.</summary>
    NotFound = 0x0203,

    /// <summary>No common protocol version.</summary>
    UnsupportedVersion = 0x0205,

    /// <summary>No more connections in this session.</summary>
    TooManyConnections = 0x0206,

    /// <summary>A required key is missing.</summary>
    MissingParameter = 0x0207,

    /// <summary>The SessionType is unknown.</summary>
    SessionTypeNotSupported = 0x0209,

    /// <summary>The TSIH names no session.</summary>
    SessionDoesNotExist = 0x020A,

    /// <summary>Something else than a Login Request came during the login phase.</summary>
    InvalidDuringLogin = 0x020B,

    /// <summary>The service is stopping or an old session cannot be ended now.</summary>
    ServiceUnavailable = 0x0301,

    /// <summary>No resources for another session.</summary>
    OutOfResources = 0x0302,
}
