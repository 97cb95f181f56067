using System.Text.RegularExpressions;

namespace Uss.EndToEnd.Iscsi;

/// <summary>How one test of <c>iscsi-test-cu</c> went.</summary>
internal enum Verdict
{
    /// <summary>It ran and everything that it checked was right.</summary>
    Passed,

    /// <summary>It left something out; the tool itself counts that as passed.</summary>
    Skipped,

    /// <summary>It found something wrong.</summary>
    Failed,

    /// <summary>The tool ended in the middle of it.</summary>
    Unfinished,
}

/// <summary>One test of the tool.</summary>
/// <param name="Detail">What it printed, for one that did not pass.</param>
internal sealed record ConformanceTest(string Suite, string Name, Verdict Verdict, string Detail);

/// <summary>Reads what <c>iscsi-test-cu</c> prints.</summary>
internal static partial class ConformanceReport
{
    public static IReadOnlyList<ConformanceTest> Parse(string output)
    {
        var tests = new List<ConformanceTest>();
        var suite = "";
        foreach (var part in Parts().Split(output.Split("Run Summary:")[0]))
        {
            if (part.StartsWith("Suite: ", StringComparison.Ordinal))
                suite = part.Split('\n')[0]["Suite: ".Length..].Trim();
            else if (Test().Match(part) is { Success: true } match)
                tests.Add(new ConformanceTest(suite, match.Groups[1].Value, VerdictOf(match.Groups[2].Value), match.Groups[2].Value.Trim()));
        }

        return tests;
    }

    private static Verdict VerdictOf(string text)
    {
        // What stands after the verdict is the set-up of the next suite.
        if (Said().Match(text) is not { Success: true } match)
            return Verdict.Unfinished;
        if (match.Groups[2].Value == "FAILED")
            return Verdict.Failed;
        return match.Groups[1].Value.Contains("[SKIPPED]", StringComparison.Ordinal) ? Verdict.Skipped : Verdict.Passed;
    }

    [GeneratedRegex("^(?=Suite: |  Test: )", RegexOptions.Multiline)]
    private static partial Regex Parts();

    [GeneratedRegex(@"^  Test: (\S+) \.\.\.(.*)", RegexOptions.Singleline)]
    private static partial Regex Test();

    [GeneratedRegex(@"\A(.*?)^(passed|FAILED)\b", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Said();
}
