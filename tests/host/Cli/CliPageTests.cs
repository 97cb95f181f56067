using System.CommandLine;

namespace Uss.Host.Cli;

/// <summary>docs/cli.md names every command and every exit code.</summary>
public sealed class CliPageTests
{
    private static IEnumerable<string> Leaves => Walk(CommandTree.Create(), "uss");

    [TestCaseSource(nameof(Leaves))]
    public void EveryCommandIsThere(string command) => Assert.That(Page(), Does.Contain("`" + command));

    [Test]
    public void EveryExitCodeIsThere()
    {
        foreach (var field in typeof(ExitCode).GetFields())
            Assert.That(Page(), Does.Contain($"| {field.GetRawConstantValue()} |"), field.Name);
    }

    private static IEnumerable<string> Walk(Command command, string path) => command.Subcommands.Count == 0
        ? [path]
        : command.Subcommands.SelectMany(child => Walk(child, $"{path} {child.Name}"));

    private static string Page()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var page = Path.Combine(folder.FullName, "docs", "cli.md");
            if (File.Exists(page))
                return File.ReadAllText(page);
        }

        throw new FileNotFoundException("docs/cli.md");
    }
}
