using System.Text;
using System.Text.RegularExpressions;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.WebUi.Services;

/// <summary>Rules for names, sizes, LUNs and CHAP secrets that people type. A null fault means: good.</summary>
public static partial class Names
{
    /// <summary>Stands for any initiator in a rule.</summary>
    public const string AnyInitiator = "*";

    /// <summary>Longest iSCSI name in bytes (RFC 7143, 4.2.7.1).</summary>
    public const int LongestIqn = 223;

    // Windows takes 12 to 16 bytes; RFC 7143, 9.2.1 asks for 96 bits of randomness or more.
    private const int ShortestSecret = 12;
    private const int LongestSecret = 255;

    /// <summary>Largest LUN that peripheral device addressing reaches (SAM-5, 4.7.7.2).</summary>
    public const int HighestLun = 255;

    /// <summary>Checks a volume's size in bytes.</summary>
    public static Fault? CheckSize(long sizeBytes) =>
        sizeBytes is >= VolumeRules.MinimumBytes and <= VolumeRules.MaximumBytes && sizeBytes % 512 == 0
            ? null
            : Faults.Bad(
                "size", $"{sizeBytes} bytes is no size for a volume.", "Use a multiple of 512 bytes from 1M to 8P, for example 50G.");

    /// <summary>Checks a number of copies.</summary>
    public static Fault? CheckCopies(int copies) =>
        copies >= 1 ? null : Faults.Bad("copies", $"{copies} is no number of copies.", "Use 1, or 2 for a copy on another disk.");

    /// <summary>Checks a logical unit number.</summary>
    public static Fault? CheckLun(int lun) => lun is >= 0 and <= HighestLun
        ? null
        : Faults.Bad("lun", $"{lun} is no LUN.", $"Use a number from 0 to {HighestLun}.");

    /// <summary>Folds an iSCSI name to the lower case in which names are compared (RFC 7143, 4.2.7.2).</summary>
    public static string FoldIqn(string iqn) => iqn.Trim().ToLowerInvariant();

    /// <summary>Checks a folded iSCSI name: iqn., eui. or naa. (RFC 7143, 4.2.7).</summary>
    public static Fault? CheckIqn(string iqn) => Encoding.UTF8.GetByteCount(iqn) <= LongestIqn && IqnPattern().IsMatch(iqn)
        ? null
        : Faults.Bad(
            "iqn",
            $"'{iqn}' is no iSCSI name.",
            $"Use iqn.YYYY-MM.reversed.domain[:text] (at most {LongestIqn} bytes), eui. with 16 or naa. with 16 or 32 hex digits; "
            + "on Linux see /etc/iscsi/initiatorname.iscsi.");

    /// <summary>Checks the iSCSI name of a rule, where <c>*</c> stands for any.</summary>
    public static Fault? CheckRuleIqn(string iqn) => iqn == AnyInitiator ? null : CheckIqn(iqn);

    /// <summary>Checks a CHAP user.</summary>
    public static Fault? CheckChapUser(string user) => ChapUserPattern().IsMatch(user)
        ? null
        : Faults.Bad("chap-user", $"'{user}' is no CHAP user.", "Use 1 to 223 printable ASCII characters without blanks.");

    /// <summary>Checks a CHAP secret. The fault does not repeat it.</summary>
    public static Fault? CheckChapSecret(string secret) =>
        Encoding.UTF8.GetByteCount(secret) is >= ShortestSecret and <= LongestSecret && !secret.Any(char.IsControl)
            ? null
            : Faults.Bad(
                "chap-secret",
                $"The CHAP secret is not between {ShortestSecret} and {LongestSecret} bytes or holds control characters.",
                $"Use {ShortestSecret} to 16 characters (Windows takes no more), or have one made: `--generate`.");

    [GeneratedRegex(
        @"\A(iqn\.[0-9]{4}-(0[1-9]|1[0-2])\.[a-z0-9][a-z0-9.-]*(:[^\s\p{Cc}/*]+)?"
        + @"|eui\.[0-9a-f]{16}|naa\.([0-9a-f]{16}|[0-9a-f]{32}))\z")]
    private static partial Regex IqnPattern();

    [GeneratedRegex(@"\A[!-~]{1,223}\z")]
    private static partial Regex ChapUserPattern();
}
