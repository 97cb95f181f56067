using System.CommandLine;
using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary>Asks for the name of what a command destroys.</summary>
internal static class Confirmation
{
    public static Option<string> Option { get; } = new("--confirm")
    {
        Description = "Repeat the name instead of being asked for it",
        HelpName = "NAME",
    };

    /// <summary>The name as given by option or typed at the terminal; null when the command may not go on.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="kind">What kind of thing, for the question.</param>
    /// <param name="name">Its name.</param>
    /// <param name="consequence">What is lost, as a sentence.</param>
    public static string Obtain(ParseResult parsed, string kind, string name, string consequence)
    {
        var given = parsed.GetValue(Option);
        if (given is null)
        {
            if (Console.IsInputRedirected)
                throw new CommandFailure(Refusal($"{consequence} There is no terminal to confirm on.", name));
            Console.Error.Write($"{consequence}\nType the {kind}'s name to go on: ");
            given = Console.In.ReadLine();
        }

        if (given?.Trim() != name)
            throw new CommandFailure(Refusal($"The name given to confirm is not '{name}'; nothing was done.", name));
        return name;
    }

    private static Fault Refusal(string message, string name) =>
        new("confirmation-required", message, $"Add --confirm {name}");
}
