using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>Rules for volume names and sizes.</summary>
public static class VolumeRules
{
    /// <summary>Longest name.</summary>
    public const int MaximumNameLength = 63;

    /// <summary>Smallest volume in bytes: 1 MiB.</summary>
    public const long MinimumBytes = 1 << 20;

    /// <summary>Largest volume in bytes: 8 PiB, half of what 32-bit object indexes address.</summary>
    public const long MaximumBytes = 8L << 50;

    /// <summary>Checks a name: 1 to 63 of <c>a-z 0-9 . _ -</c>, starting with a letter or digit.</summary>
    /// <returns>The fault <c>bad-volume-name</c>, or null.</returns>
    public static Fault? CheckName(string name)
    {
        var isGood = name.Length is > 0 and <= MaximumNameLength && (char.IsAsciiLetterLower(name[0]) || char.IsAsciiDigit(name[0]));
        foreach (var c in name)
            isGood &= char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or '-';
        return isGood
            ? null
            : new Fault(
                "bad-volume-name",
                $"'{name}' is no volume name.",
                "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', starting with a letter or a digit.");
    }

    /// <summary>Checks a size.</summary>
    /// <returns>The fault <c>bad-volume-size</c>, or null.</returns>
    public static Fault? CheckSize(long sizeBytes) => sizeBytes is >= MinimumBytes and <= MaximumBytes && sizeBytes % 4096 == 0
        ? null
        : new Fault(
            "bad-volume-size",
            $"A volume cannot have {sizeBytes} bytes.",
            "Give a multiple of 4096 bytes, at least 1 MiB and at most 8 PiB.");
}
