using System.Globalization;

namespace Uss.Host.Cli;

/// <summary>Sizes as people write them: <c>512</c>, <c>64K</c>, <c>20G</c>, <c>1.5T</c>; units are powers of 1024.</summary>
internal static class ByteSize
{
    private const string Units = "KMGTPE";

    /// <summary>Parses a size.</summary>
    /// <param name="text">Digits, perhaps with a fraction, and perhaps K, M, G, T or P, alone or as in <c>KiB</c>.</param>
    /// <param name="sizeBytes">The size in bytes.</param>
    /// <param name="reason">Why not, as a sentence.</param>
    public static bool TryParse(string text, out long sizeBytes, out string reason)
    {
        sizeBytes = 0;
        reason = $"'{text}' is no size";
        var trimmed = text.Trim();
        var number = trimmed.TrimEnd('b', 'B');
        if (number.EndsWith("i", StringComparison.OrdinalIgnoreCase) && number.Length < trimmed.Length)
            number = number[..^1];
        if (number.Length == 0)
            return false;
        var unit = Units.IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal);
        if (unit >= 0)
            number = number[..^1];
        const NumberStyles Style = NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(number.TrimEnd(), Style, CultureInfo.InvariantCulture, out var value))
            return false;
        try
        {
            var bytes = value * (1L << (10 * (unit + 1)));
            if (bytes != decimal.Truncate(bytes))
            {
                reason = $"'{text}' is not a whole number of bytes";
                return false;
            }

            sizeBytes = (long)bytes;
        }
        catch (OverflowException)
        {
            reason = $"'{text}' is larger than 8 EiB";
            return false;
        }

        if (sizeBytes <= 0 || sizeBytes % 512 != 0)
        {
            reason = sizeBytes <= 0 ? $"'{text}' is not more than nothing" : $"'{text}' is not a multiple of 512 bytes";
            return false;
        }

        return true;
    }

    /// <summary>A size for people: two digits behind the point at most, and the unit.</summary>
    public static string Format(long sizeBytes)
    {
        var value = (decimal)sizeBytes;
        var unit = -1;
        while (Math.Abs(value) >= 1024 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        var number = value.ToString(unit < 0 ? "0" : "0.##", CultureInfo.InvariantCulture);
        return unit < 0 ? number + " B" : $"{number} {Units[unit]}iB";
    }
}
