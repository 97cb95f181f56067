using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Uss.Replication.Rpc;

/// <summary>
/// A key of P-256 and a certificate for it that its owner signed. It proves nothing by itself: peers trust it when the
/// proof of the cluster key covers it. Made anew by every process and kept nowhere.
/// </summary>
public sealed class TlsIdentity
{
    /// <summary>Bytes of a certificate's hash.</summary>
    internal const int HashBytes = 32;

    private readonly byte[] _hash;

    private TlsIdentity(X509Certificate2 certificate)
    {
        _hash = HashOf(certificate);
        Context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
    }

    /// <summary>The certificate as the TLS server needs it.</summary>
    internal SslStreamCertificateContext Context { get; }

    /// <summary>SHA-256 of the certificate: the channel binding <c>tls-server-end-point</c> of RFC 5929, section 4.1.</summary>
    internal ReadOnlySpan<byte> Hash => _hash;

    /// <summary>Makes a key and its certificate.</summary>
    public static TlsIdentity Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=uss-node", key, HashAlgorithmName.SHA256);

        // Good as long as the process: RFC 5280, section 4.1.2.5, has this end for certificates without one.
        var certificate = request.CreateSelfSigned(
            new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));
        return new TlsIdentity(certificate);
    }

    /// <summary>SHA-256 of a certificate.</summary>
    internal static byte[] HashOf(X509Certificate certificate) => SHA256.HashData(certificate.GetRawCertData());
}
