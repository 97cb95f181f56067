namespace Uss.Target.Iscsi;

/// <summary>Reasons of a Reject PDU (RFC 7143, 11.17.1).</summary>
internal enum RejectReason : byte
{
    /// <summary>A data digest is wrong.</summary>
    DataDigestError = 0x02,

    /// <summary>The PDU breaks the protocol.</summary>
    ProtocolError = 0x04,

    /// <summary>The opcode or the request is not supported.</summary>
    CommandNotSupported = 0x05,

    /// <summary>Too many immediate commands.</summary>
    TooManyImmediateCommands = 0x06,

    /// <summary>The Initiator Task Tag is in use.</summary>
    TaskInProgress = 0x07,

    /// <summary>A field has an illegal value.</summary>
    InvalidPduField = 0x09,

    /// <summary>No resources to go on with a text exchange.</summary>
    LongOperationReject = 0x0A,
}
