using System.Globalization;
using System.Buffers.Text;
using System.Text;

namespace Uss.Target.Iscsi;

/// <summary>Values of text keys: numbers, booleans, lists and binary values (RFC 7143, 6.1).</summary>
internal static class TextValues
{
    /// <summary>Longest binary value in bytes (RFC 7143, 6.1: large-binary-value).</summary>
    public const int MaximumBinaryLength = 1024;

    /// <summary>A decimal constant without leading zeros, or <c>0x</c> and hexadecimal digits.</summary>
    public static bool TryParseNumber(string value, out long number)
    {
        number = 0;
        if (value.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return value.Length is > 2 and <= 16
                && long.TryParse(value.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        return value.Length is > 0 and <= 16
            && (value[0] != '0' || value.Length == 1)
            && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>Yes or No.</summary>
    public static bool TryParseBoolean(string value, out bool result)
    {
        result = value == "Yes";
        return result || value == "No";
    }

    /// <summary><c>0x</c> with an even number of hexadecimal digits, or <c>0b</c> with Base64 (RFC 4648).</summary>
    public static bool TryParseBinary(string value, out byte[] bytes)
    {
        bytes = [];
        if (value.Length < 3)
            return false;
        var digits = value[2..];
        if (value.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            if ((digits.Length & 1) != 0 || digits.Length > 2 * MaximumBinaryLength || digits.AsSpan().ContainsAnyExcept(HexDigits))
                return false;
            bytes = Convert.FromHexString(digits);
            return true;
        }

        if (!value.StartsWith("0b", StringComparison.OrdinalIgnoreCase) || digits.Length > (MaximumBinaryLength + 2) / 3 * 4)
            return false;
        var encoded = Encoding.ASCII.GetBytes(digits);
        if (digits.AsSpan().ContainsAnyExcept(Base64Digits) || !Base64.IsValid(encoded.AsSpan(), out var length) || length == 0)
            return false;
        bytes = Convert.FromBase64String(digits);
        return bytes.Length <= MaximumBinaryLength;
    }

    /// <summary>Hexadecimal form of a binary value.</summary>
    public static string FormatBinary(ReadOnlySpan<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes);

    /// <summary>Yes or No.</summary>
    public static string FormatBoolean(bool value) => value ? "Yes" : "No";

    /// <summary>Decimal form.</summary>
    public static string FormatNumber(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An iSCSI name as compared and kept: the normal form of RFC 3722 for ASCII names is lower case.</summary>
    public static bool TryNormalizeName(string value, out string name)
    {
        name = value.ToLowerInvariant();
        if (name.Length == 0 || Encoding.UTF8.GetByteCount(name) > 223)
            return false;
        foreach (var c in name)
        {
            // RFC 3722, section 6.2: of ASCII only letters, digits, dash, dot and colon.
            if (c < 0x80 && !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or ':'))
                return false;
            if (char.IsControl(c) || char.IsWhiteSpace(c) || char.IsSurrogate(c))
                return false;
        }

        return true;
    }

    private static readonly System.Buffers.SearchValues<char> HexDigits =
        System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly System.Buffers.SearchValues<char> Base64Digits =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
}
