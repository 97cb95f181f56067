using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Uss.Host.Cli;

/// <summary>The help of System.CommandLine, followed by examples and, for the root, the exit codes.</summary>
internal sealed class ExamplesHelp(HelpAction standard) : SynchronousCommandLineAction
{
    private const string ExitCodes = """
        Exit codes:
          0  done
          1  failed; the error names the thing and the fix
          2  bad usage: unknown option, bad value
          3  no service answers on the data folder
          4  the named thing does not exist
          5  it exists already, something depends on it, or another process holds it
          6  a destructive command was not confirmed

        """;

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // The library names the program after its assembly, and people call it by the name of the launcher.
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        var status = standard.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName} ", "  uss ", StringComparison.Ordinal));
        if (parseResult.CommandResult.Command is Verb { Examples.Count: > 0 } verb)
        {
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
                output.WriteLine("  " + example);
            output.WriteLine();
        }

        if (parseResult.CommandResult.Command is RootCommand)
        {
            output.WriteLine("Examples:");
            foreach (var example in CommandTree.RootExamples)
                output.WriteLine("  " + example);
            output.WriteLine();
            output.Write(ExitCodes);
        }

        return status;
    }
}
