using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Uss.Target.Iscsi;

/// <summary>CHAP responses (RFC 1994; RFC 7143, 12.1.3): a digest over identifier, secret and challenge.</summary>
internal static class ChapAlgorithm
{
    /// <summary>MD5.</summary>
    public const int Md5 = 5;

    /// <summary>SHA-1 (as registered with IANA for PPP).</summary>
    public const int Sha1 = 6;

    /// <summary>SHA-256.</summary>
    public const int Sha256 = 7;

    /// <summary>SHA3-256.</summary>
    public const int Sha3Of256 = 8;

    /// <summary>Longest response in bytes.</summary>
    public const int MaximumResponseLength = 32;

    /// <summary>The strongest supported algorithm of an initiator's <c>CHAP_A</c> list; 0 when there is none.</summary>
    public static int ChooseStrongest(string list)
    {
        var best = 0;
        foreach (var item in list.Split(','))
        {
            if (TextValues.TryParseNumber(item, out var number) && IsSupported(number) && number > best)
                best = (int)number;
        }

        return best;
    }

    /// <summary>Length of a response in bytes.</summary>
    public static int ResponseLength(int algorithm) => algorithm switch
    {
        Md5 => 16,
        Sha1 => 20,
        _ => 32,
    };

    /// <summary>Computes the response to a challenge.</summary>
    [SuppressMessage("Security", "CA5350",
        Justification = "The initiator chooses among what RFC 7143 registers; the strongest common one is taken.")]
    [SuppressMessage("Security", "CA5351",
        Justification = "MD5 is the one algorithm that every initiator must support (RFC 7143, 12.1.3).")]
    public static byte[] Respond(int algorithm, byte identifier, string secret, ReadOnlySpan<byte> challenge)
    {
        var secretLength = Encoding.UTF8.GetByteCount(secret);
        var message = new byte[1 + secretLength + challenge.Length];
        message[0] = identifier;
        Encoding.UTF8.GetBytes(secret, message.AsSpan(1));
        challenge.CopyTo(message.AsSpan(1 + secretLength));
        var response = algorithm switch
        {
            Md5 => MD5.HashData(message),
            Sha1 => SHA1.HashData(message),
            Sha256 => SHA256.HashData(message),
            _ => SHA3_256.HashData(message),
        };
        CryptographicOperations.ZeroMemory(message);
        return response;
    }

    private static bool IsSupported(long algorithm) =>
        algorithm is Md5 or Sha1 or Sha256 || (algorithm == Sha3Of256 && SHA3_256.IsSupported);
}
