using System.CommandLine;
using System.CommandLine.Invocation;
using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary>Parses a command line, runs the command and turns every failure into two lines and an exit code.</summary>
internal static class Entry
{
    /// <summary>Runs one command line.</summary>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var parsed = CommandTree.Create().Parse(arguments);
        // Help and completion clear the errors of the line that they were asked on.
        if (parsed.Errors.Count > 0 && parsed.Action is null or ParseErrorAction)
            return Fail(error, UsageFault(parsed));
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // The service stops by itself, in order; other commands end at once.
                ProcessTerminationTimeout = null,
            });
        }
        catch (CommandFailure failure)
        {
            return Fail(error, failure.Fault);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Failed;
        }
    }

    /// <summary>Prints a fault the way every command does.</summary>
    public static int Fail(TextWriter error, Fault fault)
    {
        error.WriteLine("error: " + fault.Message);
        if (fault.Remedy.Length > 0)
            error.WriteLine("fix: " + fault.Remedy);
        return ExitCode.Of(fault);
    }

    private static Fault UsageFault(ParseResult parsed)
    {
        var path = new List<string>();
        for (var command = parsed.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
        {
            if (command.Command is not RootCommand)
                path.Insert(0, command.Command.Name);
        }

        // The parser breaks lists of values over lines, and where a command is unknown it also misses one.
        var messages = parsed.Errors.Select(problem => string.Join(' ', problem.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            .Distinct().ToList();
        if (messages.Count > 1)
            messages.Remove("Required command was not provided.");
        return new Fault(
            "bad-usage",
            string.Join(' ', messages),
            $"See `uss {string.Join(' ', path.Append("--help"))}`.");
    }
}
