using System.Globalization;
using System.Text;

namespace Uss.Benchmarks.Rig;

/// <summary>Tables in Markdown, on the console and in <c>tests/Benchmarks/README.md</c>.</summary>
internal static class Report
{
    /// <summary>A table; the first column is text, the others are figures.</summary>
    public static string Table(string[] heading, IEnumerable<string[]> rows)
    {
        var text = new StringBuilder();
        text.Append("| ").AppendJoin(" | ", heading).Append(" |\n|---|").Append(string.Concat(heading.Skip(1).Select(_ => "---:|"))).Append('\n');
        foreach (var row in rows)
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }

    /// <summary>A figure with a number of digits after the point.</summary>
    public static string Figure(double? value, int digits) =>
        value is { } figure ? figure.ToString("N" + digits, CultureInfo.InvariantCulture) : "-";

    /// <summary>The machine and the moment, for under a table.</summary>
    public static string Host(string command)
    {
        var processor = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(": ")[^1];
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Split('-')[0].Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"`{command}` on {DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} x {processor}, {memory:F0} GiB, " +
            $"Linux {kernel}, .NET {Environment.Version}");
    }

    /// <summary>Puts a section between its two marks in the README.</summary>
    public static void UpdateReadme(string section, string text)
    {
        var path = Path.Combine(RigOptions.RepositoryRoot(), "tests", "Benchmarks", "README.md");
        var readme = File.ReadAllText(path);
        var (start, end) = ($"<!-- {section} -->\n", $"<!-- end of {section} -->");
        var from = readme.IndexOf(start, StringComparison.Ordinal);
        var to = readme.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
            throw new BenchmarkException($"{path} has no section '{section}'");
        File.WriteAllText(path, readme[..(from + start.Length)] + text + readme[to..]);
        Console.WriteLine($"updated {path}");
    }
}
