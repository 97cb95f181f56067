namespace Uss.NfsFrontend.Nfs;

/// <summary>Bounds of the protocol (RFC 1813, 2.4) and of this server.</summary>
public static class NfsLimits
{
    /// <summary>Most bytes of a handle: NFS3_FHSIZE.</summary>
    public const int HandleBytes = 64;

    /// <summary>Bytes of the verifiers of READDIR, CREATE and WRITE: NFS3_COOKIEVERFSIZE, NFS3_CREATEVERFSIZE, NFS3_WRITEVERFSIZE.</summary>
    public const int VerifierBytes = 8;

    /// <summary>Most bytes of data that one READ or WRITE moves: rtmax and wtmax of FSINFO.</summary>
    public const int TransferBytes = 1 << 20;

    /// <summary>Most bytes of a name; longer ones are read, and answered with NFS3ERR_NAMETOOLONG.</summary>
    public const int NameBytes = 255;

    /// <summary>Most bytes of the path of a symbolic link.</summary>
    public const int LinkBytes = 4096;

    /// <summary>Names and paths are decoded up to this length, so that a long one is an error of NFS and not of RPC.</summary>
    public const int DecodedNameBytes = 64 << 10;
}
