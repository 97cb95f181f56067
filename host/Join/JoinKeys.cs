using System.Security.Cryptography;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>
/// The keys and proofs of the join protocol. A token's secret is derived from the cluster's key and the token's id, so
/// that every node knows it and it is stored nowhere. The grant is sealed with a key that also depends on a key agreement
/// of this connection: who learns a used token later cannot open what was recorded.
/// </summary>
internal static class JoinKeys
{
    /// <summary>A public key: X and Y of a point of P-256, 32 bytes each, big-endian.</summary>
    public const int PublicBytes = 64;

    public const int TagBytes = 16;

    private const int KeyBytes = 32;
    private const int CoordinateBytes = 32;
    private const int SealNonceBytes = 12;

    /// <summary>The secret of a token.</summary>
    public static byte[] SecretOf(Guid clusterId, ReadOnlySpan<byte> clusterKey, ReadOnlySpan<byte> tokenId)
    {
        var secret = new byte[JoinToken.SecretBytes];
        HKDF.DeriveKey(
            HashAlgorithmName.SHA256, clusterKey, secret, tokenId, (byte[])[.. "uss-join token"u8, .. clusterId.ToByteArray(bigEndian: true)]);
        return secret;
    }

    /// <summary>What the coordination store knows a token by: half of a SHA-256, in hex.</summary>
    public static string HashOf(ReadOnlySpan<byte> tokenId, ReadOnlySpan<byte> secret) =>
        Convert.ToHexStringLower(SHA256.HashData((byte[])[.. "uss-join hash "u8, .. tokenId, .. secret]).AsSpan(0, 16));

    /// <summary>What the guest proves its knowledge with, over all that was said and its public key.</summary>
    public static byte[] GuestProof(byte[] secret, ReadOnlySpan<byte> request, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> publicKey) =>
        HMACSHA256.HashData(secret, (byte[])[.. "uss-join guest  "u8, .. request, .. challenge, .. publicKey]);

    /// <summary>What the host proves its knowledge with, over all that was said.</summary>
    public static byte[] HostProof(byte[] secret, ReadOnlySpan<byte> request, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> proof) =>
        HMACSHA256.HashData(secret, (byte[])[.. "uss-join host   "u8, .. request, .. challenge, .. proof]);

    /// <summary>A fresh key pair of P-256.</summary>
    public static ECDiffieHellman CreatePair() => ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>The public key of a pair.</summary>
    public static byte[] PublicOf(ECDiffieHellman pair)
    {
        var point = pair.ExportParameters(includePrivateParameters: false).Q;
        return [.. point.X!, .. point.Y!];
    }

    /// <summary>The key that seals the grant; null when the other end's public key is no point of the curve.</summary>
    public static byte[]? SealKey(
        byte[] secret,
        ECDiffieHellman own,
        ReadOnlySpan<byte> publicKey,
        ReadOnlySpan<byte> request,
        ReadOnlySpan<byte> challenge,
        ReadOnlySpan<byte> proof)
    {
        Invariant.Check(publicKey.Length == PublicBytes);
        try
        {
            using var other = ECDiffieHellman.Create(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = publicKey[..CoordinateBytes].ToArray(), Y = publicKey[CoordinateBytes..].ToArray() },
            });
            var agreed = own.DeriveRawSecretAgreement(other.PublicKey);
            var key = new byte[KeyBytes];
            var salt = SHA256.HashData((byte[])[.. request, .. challenge, .. proof]);
            HKDF.DeriveKey(HashAlgorithmName.SHA256, (byte[])[.. secret, .. agreed], key, salt, "uss-join grant"u8);
            return key;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Encrypts and authenticates with AES-256-GCM. The key is used once, so the nonce is zero.</summary>
    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> header)
    {
        var sealedBytes = new byte[plain.Length + TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        cipher.Encrypt(new byte[SealNonceBytes], plain, sealedBytes.AsSpan(0, plain.Length), sealedBytes.AsSpan(plain.Length), header);
        return sealedBytes;
    }

    /// <summary>Opens what was sealed; null when it is not genuine.</summary>
    public static byte[]? Open(byte[] key, ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> header)
    {
        if (sealedBytes.Length < TagBytes)
            return null;
        var plain = new byte[sealedBytes.Length - TagBytes];
        using var cipher = new AesGcm(key, TagBytes);
        try
        {
            cipher.Decrypt(new byte[SealNonceBytes], sealedBytes[..plain.Length], sealedBytes[plain.Length..], plain, header);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }
}
