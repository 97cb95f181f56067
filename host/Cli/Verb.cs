using System.CommandLine;

namespace Uss.Host.Cli;

/// <summary>A command that shows examples in its help.</summary>
internal sealed class Verb : Command
{
    /// <param name="name">The word on the command line.</param>
    /// <param name="description">What it does.</param>
    /// <param name="examples">Command lines, perhaps with <c>  # remark</c>.</param>
    public Verb(string name, string description, params string[] examples)
        : base(name, description) => Examples = examples;

    public IReadOnlyList<string> Examples { get; }

    /// <summary>Adds options, arguments or subcommands.</summary>
    public Verb With(params Symbol[] symbols)
    {
        foreach (var symbol in symbols)
        {
            switch (symbol)
            {
                case Option option:
                    Add(option);
                    break;
                case Argument argument:
                    Add(argument);
                    break;
                case Command command:
                    Add(command);
                    break;
            }
        }

        return this;
    }

    /// <summary>What the command does; it prints its own result and throws <see cref="CommandFailure"/> when it fails.</summary>
    public Verb Does(Func<ParseResult, CancellationToken, Task> work)
    {
        SetAction(async (parsed, cancel) =>
        {
            await work(parsed, cancel);
            return ExitCode.Ok;
        });
        return this;
    }
}
