using System.CommandLine;
using Uss.Host.Serve;

namespace Uss.Host.Cli;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public const string DataVariable = "USS_DATA";

    public static Option<string> Data { get; } = new("--data", "-d")
    {
        Description = $"Data folder of the service [default: ${DataVariable}, else ./data]",
        HelpName = "DIR",
        Recursive = true,
    };

    public static Option<string> Output { get; } = CreateOutput();

    /// <summary>The data folder that the command line or the environment names.</summary>
    public static DataFolder DataOf(ParseResult parsed) => new(
        parsed.GetValue(Data) is { Length: > 0 } given ? given
        : Environment.GetEnvironmentVariable(DataVariable) is { Length: > 0 } named ? named
        : "data");

    /// <summary>The printer that the command line asks for.</summary>
    public static Printer PrinterOf(ParseResult parsed) =>
        new(parsed.InvocationConfiguration.Output, parsed.GetValue(Output) == "json");

    private static Option<string> CreateOutput()
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = "How to print: a table for people or JSON for programs",
            HelpName = "table|json",
            Recursive = true,
            DefaultValueFactory = _ => "table",
        };
        option.AcceptOnlyFromAmong("table", "json");
        return option;
    }
}
