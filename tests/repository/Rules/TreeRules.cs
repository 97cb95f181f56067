using System.Text;
using System.Text.RegularExpressions;

namespace Uss.Repository.Rules;

/// <summary>Rules that look at the tree as a whole.</summary>
public static partial class TreeRules
{
    /// <summary>Every project is in the solution, and the solution names no project that is gone.</summary>
    public static IEnumerable<Finding> Solution(string solutionText, IEnumerable<string> projectPaths)
    {
        var listed = ProjectLine().Matches(solutionText).Select(match => match.Groups[1].Value.Replace('\\', '/')).ToHashSet();
        foreach (var path in projectPaths)
        {
            if (!listed.Remove(path))
                yield return new Finding(path, 0, "is not in Uss.sln");
        }

        foreach (var path in listed)
            yield return new Finding("Uss.sln", 0, $"names {path}, which does not exist");
    }

    /// <summary>Every room that exists has its page.</summary>
    public static IEnumerable<Finding> Pages(IEnumerable<Room> rooms, IReadOnlyCollection<string> paths)
    {
        foreach (var room in rooms)
        {
            var exists = paths.Any(path => path.StartsWith(room.Folder + "/", StringComparison.Ordinal));
            if (exists && !paths.Contains("docs/" + room.Page))
                yield return new Finding(room.Folder, 0, $"has no page docs/{room.Page}");
        }
    }

    /// <summary>Links between pages lead somewhere, down to the heading.</summary>
    /// <param name="page">The page.</param>
    /// <param name="find">Gives another file of the repository by its path, or null; folders give an empty file.</param>
    public static IEnumerable<Finding> Links(SourceFile page, Func<string, SourceFile?> find)
    {
        var isCode = false;
        for (var index = 0; index < page.Lines.Count; index++)
        {
            if (page.Lines[index].TrimStart().StartsWith("```", StringComparison.Ordinal))
                isCode = !isCode;
            if (isCode)
                continue;
            foreach (Match match in LinkPattern().Matches(page.Lines[index]))
            {
                var target = match.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                    continue;
                var parts = target.Split('#', 2);
                var path = parts[0].Length == 0 ? page.Path : Resolve(page.Path, parts[0]);
                var file = find(path);
                if (file is null)
                    yield return new Finding(page.Path, index + 1, $"links to {target}, which does not exist");
                else if (parts.Length == 2 && file.IsMarkdown && !Anchors(file).Contains(parts[1]))
                    yield return new Finding(page.Path, index + 1, $"links to {target}, where no heading has that name");
            }
        }
    }

    /// <summary>Scripts can be run, and stop at the first error.</summary>
    public static IEnumerable<Finding> Script(SourceFile file, bool isExecutable)
    {
        if (!file.IsScript)
            yield break;
        if (!isExecutable)
            yield return new Finding(file.Path, 0, "is a script and not executable");
        var isBash = file.Lines[0].EndsWith("bash", StringComparison.Ordinal) || file.Lines[0].EndsWith("/sh", StringComparison.Ordinal);
        if (isBash && !file.Lines.Any(line => line.StartsWith("set -e", StringComparison.Ordinal)))
            yield return new Finding(file.Path, 0, "does not stop at errors (set -euo pipefail)");
    }

    // As the usual renderers make them: lower case, blanks to hyphens, other punctuation dropped.
    private static HashSet<string> Anchors(SourceFile page)
    {
        var anchors = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in page.Lines.Where(line => line.StartsWith('#')))
        {
            var anchor = new StringBuilder();
            foreach (var character in line.TrimStart('#').Trim().ToLowerInvariant())
            {
                if (char.IsLetterOrDigit(character) || character is '-' or '_')
                    anchor.Append(character);
                else if (character == ' ')
                    anchor.Append('-');
            }

            anchors.Add(anchor.ToString());
        }

        return anchors;
    }

    private static string Resolve(string page, string target)
    {
        var parts = new List<string>(page.Split('/')[..^1]);
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part != ".")
                parts.Add(part);
        }

        return string.Join('/', parts);
    }

    [GeneratedRegex("\"([^\"]+\\.csproj)\"")]
    private static partial Regex ProjectLine();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();
}
