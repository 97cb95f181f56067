using System.Text;

namespace Uss.Target.Iscsi;

/// <summary>Text of login and text PDUs: <c>key=value</c> pairs, each ended by NUL (RFC 7143, 6.1).</summary>
internal static class TextKeys
{
    /// <summary>Longest key name in characters.</summary>
    public const int MaximumKeyLength = 63;

    /// <summary>
    /// Longest value in bytes: a large binary value of 1024 bytes takes 2050 characters in hexadecimal; every other
    /// value is at most 255.
    /// </summary>
    public const int MaximumValueLength = 2 + (2 * 1024);

    /// <summary>Most pairs in one negotiation step.</summary>
    public const int MaximumPairs = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Splits a complete text; false with the reason when it is malformed.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, List<KeyValuePair<string, string>> pairs, out string problem)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)0);
            if (end < 0)
                return Fail("a key=value pair does not end with NUL", out problem);
            var pair = text[..end];
            text = text[(end + 1)..];

            // "At least one NUL" (6.1): empty pairs are padding.
            if (pair.IsEmpty)
                continue;
            var separator = pair.IndexOf((byte)'=');
            if (separator <= 0 || separator > MaximumKeyLength || !IsKey(pair[..separator]))
                return Fail("a key name is malformed", out problem);
            var value = pair[(separator + 1)..];
            if (value.Length > MaximumValueLength || !TryDecode(value, out var decoded))
                return Fail("a value is too long or holds characters that are not allowed", out problem);
            if (pairs.Count == MaximumPairs)
                return Fail("too many keys", out problem);
            pairs.Add(new(Encoding.ASCII.GetString(pair[..separator]), decoded));
        }

        problem = "";
        return true;
    }

    /// <summary>Appends a pair with its NUL.</summary>
    public static void Append(List<byte> text, string key, string value)
    {
        text.AddRange(Encoding.ASCII.GetBytes(key));
        text.Add((byte)'=');
        text.AddRange(Encoding.UTF8.GetBytes(value));
        text.Add(0);
    }

    private static bool Fail(string reason, out string problem)
    {
        problem = reason;
        return false;
    }

    // Standard label (6.1): letters, digits, ".-+@_"; keys of the standard also use "#" (X#NodeArchitecture).
    private static bool IsKey(ReadOnlySpan<byte> key)
    {
        foreach (var b in key)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && !".-+@_#"u8.Contains(b))
                return false;
        }

        return char.IsAsciiLetter((char)key[0]);
    }

    private static bool TryDecode(ReadOnlySpan<byte> value, out string decoded)
    {
        decoded = "";
        foreach (var b in value)
        {
            if (b < 0x20 || b == 0x7F)
                return false;
        }

        try
        {
            decoded = StrictUtf8.GetString(value);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
