namespace Uss.Host.Cli;

/// <summary>What a command line came to.</summary>
/// <param name="ExitCode">The exit code.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record CommandLine(int ExitCode, string Output, string Error)
{
    /// <summary>Runs a command line in this process.</summary>
    public static async Task<CommandLine> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await Entry.RunAsync(arguments, output, error);
        return new CommandLine(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Expects a failure told in two lines: what, and what to do.</summary>
    public void ExpectError(int exitCode, string named)
    {
        var lines = Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Multiple(() =>
        {
            Assert.That(ExitCode, Is.EqualTo(exitCode), Error);
            Assert.That(lines[0], Does.StartWith("error: ").And.Contain(named));
            Assert.That(lines[^1], Does.StartWith("fix: "));
            Assert.That(lines, Has.Length.EqualTo(2));
            Assert.That(Output, Is.Empty);
        });
    }
}
