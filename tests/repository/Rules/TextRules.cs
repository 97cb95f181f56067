namespace Uss.Repository.Rules;

/// <summary>Rules that look at one file's text.</summary>
public static class TextRules
{
    /// <summary>Longest line, in characters; also in .editorconfig.</summary>
    public const int LongestLine = 160;

    /// <summary>Longest file, in lines: a longer one holds more than one idea.</summary>
    public const int LongestFile = 600;

    // Put together here so that this file passes its own rule.
    private static readonly string[] _leftovers = ["TO" + "DO", "FIX" + "ME", "HA" + "CK", "X" + "XX", "NotImplemented" + "Exception"];

    // Names of machines and tools have no place in a product.
    private static readonly string[] _foreign =
    [
        "/wo" + "rk/", "/ro" + "ot/", "../sha" + "red", "cla" + "ude", "anthro" + "pic", "chat" + "gpt", "open" + "ai", "copi" + "lot",
    ];

    private static readonly (string Call, string Instead)[] _bannedInProduct =
    [
        ("Thread.Sl" + "eep(", "await a timer"),
        ("GC.Coll" + "ect(", "leave collection to the runtime"),
        ("Process.GetProcesses" + "ByName(", "keep the process that was started"),
    ];

    // The reactors are what runs tasks, so they alone may look into them.
    private static readonly (string Call, string Instead)[] _bannedAboveReactors =
    [
        ("async vo" + "id ", "return a task, so that failures are seen"),
        (".GetAwaiter().GetRes" + "ult()", "await it"),
    ];

    private static readonly (string Call, string Instead)[] _bannedInTests =
    [
        ("async vo" + "id ", "return a task, so that failures are seen"),
        ("Assert.Pa" + "ss(", "a test passes by what it asserts"),
        ("[Ign" + "ore", "mend the test or remove it"),
        ("[Re" + "try(", "mend the test: timing never decides it"),
    ];

    /// <summary>Lines fit a screen. Tables and links of pages cannot be broken; those are left alone.</summary>
    public static IEnumerable<Finding> LineLength(SourceFile file)
    {
        if (file.Extension is ".sln" or ".json" || file.Path == "LICENSE")
            yield break;
        for (var index = 0; index < file.Lines.Count; index++)
        {
            var line = file.Lines[index];
            if (line.Length <= LongestLine || (file.IsMarkdown && (line.StartsWith('|') || line.Contains("](", StringComparison.Ordinal))))
                continue;
            yield return new Finding(file.Path, index + 1, $"{line.Length} characters; at most {LongestLine}");
        }
    }

    /// <summary>Files stay small.</summary>
    public static IEnumerable<Finding> FileLength(SourceFile file)
    {
        if (file.IsCSharp && file.Lines.Count > LongestFile)
            yield return new Finding(file.Path, 0, $"{file.Lines.Count} lines; at most {LongestFile}: split it by role");
    }

    /// <summary>Nothing half done is left behind.</summary>
    public static IEnumerable<Finding> Leftovers(SourceFile file) =>
        Occurrences(file, _leftovers, StringComparison.Ordinal, wholeWords: true, word => $"'{word}' is left over");

    /// <summary>The tree speaks of USS alone: no paths of some machine, no tools that somebody used.</summary>
    public static IEnumerable<Finding> ForeignWords(SourceFile file) =>
        Occurrences(file, _foreign, StringComparison.OrdinalIgnoreCase, wholeWords: false, word => $"'{word}' does not belong here");

    /// <summary>Calls that the banned-symbols analyzer does not cover, or not in every room.</summary>
    public static IEnumerable<Finding> BannedCalls(SourceFile file)
    {
        if (!file.IsCSharp)
            yield break;
        var isReactor = file.Path.StartsWith("cluster/Runtime/", StringComparison.Ordinal);
        var banned = file.IsTest ? _bannedInTests : isReactor ? _bannedInProduct : [.. _bannedInProduct, .. _bannedAboveReactors];
        foreach (var (call, instead) in banned)
        {
            for (var index = 0; index < file.Lines.Count; index++)
            {
                if (file.Lines[index].Contains(call, StringComparison.Ordinal))
                    yield return new Finding(file.Path, index + 1, $"'{call.Trim()}' is banned: {instead}");
            }
        }
    }

    /// <summary>Lines end in LF, and the file in a line end.</summary>
    public static IEnumerable<Finding> LineEnds(SourceFile file)
    {
        if (file.Text.Contains('\r') && file.Extension != ".sln")
            yield return new Finding(file.Path, 0, "has carriage returns");
        if (file.Text.Length > 0 && !file.Text.EndsWith('\n'))
            yield return new Finding(file.Path, 0, "does not end in a line end");
    }

    private static IEnumerable<Finding> Occurrences(
        SourceFile file, string[] words, StringComparison comparison, bool wholeWords, Func<string, string> message)
    {
        for (var index = 0; index < file.Lines.Count; index++)
        {
            foreach (var word in words)
            {
                var line = file.Lines[index];
                var at = line.IndexOf(word, comparison);
                if (at >= 0 && (!wholeWords || IsWhole(line, at, at + word.Length)))
                    yield return new Finding(file.Path, index + 1, message(word));
            }
        }
    }

    private static bool IsWhole(string line, int start, int end) =>
        (start == 0 || !char.IsLetterOrDigit(line[start - 1])) && (end == line.Length || !char.IsLetterOrDigit(line[end]));
}
