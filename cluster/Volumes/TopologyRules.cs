using Uss.Runtime;

namespace Uss.Volumes;

/// <summary>How classes of disks and places of nodes may be called.</summary>
public static class TopologyRules
{
    /// <summary>Stands for no class in particular: a pool that takes any disk, a disk that has no class.</summary>
    public const string AnyClass = "any";

    private const int LongestClass = 16;
    private const int LongestPlace = 63;

    /// <summary>Why a text is no device class; null when it is one.</summary>
    public static Fault? CheckClass(string name) =>
        name.Length is > 0 and <= LongestClass && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character))
            ? null
            : new Fault("bad-class", $"'{name}' is no device class.", "Use 1 to 16 of a-z 0-9, for example ssd.");

    /// <summary>Why a rack or site cannot be called so; null when they can.</summary>
    /// <param name="rack">The rack; null: none is named.</param>
    /// <param name="site">The site; null: none is named.</param>
    public static Fault? CheckPlace(string? rack, string? site) => Check("rack", rack) ?? Check("site", site);

    private static Fault? Check(string what, string? name) =>
        name is null || (name.Length is > 0 and <= LongestPlace && name.All(IsOfPlace))
            ? null
            : new Fault("bad-" + what, $"'{name}' is no name for a {what}.", $"Use 1 to 63 letters, digits, . _ -, for example {what}1.");

    private static bool IsOfPlace(char character) => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-';
}
