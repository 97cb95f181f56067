using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary>Prints results as tables or as JSON.</summary>
/// <param name="output">Where to.</param>
/// <param name="isJson">JSON instead of tables.</param>
internal sealed class Printer(TextWriter output, bool isJson)
{
    // Wide enough that nothing wraps where a program reads it.
    private const int PipeWidth = 400;

    private static readonly JsonSerializerOptions _indented = new(ApiJson.Default.Options)
    {
        WriteIndented = true,
        // IQNs and paths stay readable; the output is no HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public bool IsJson => isJson;

    /// <summary>Prints a list: a table, or a JSON array.</summary>
    public void List<T>(IReadOnlyList<T> items, params (string Heading, Func<T, string> Cell)[] columns)
    {
        if (isJson)
        {
            output.WriteLine("[");
            for (var index = 0; index < items.Count; index++)
                output.WriteLine(Json(items[index]) + (index < items.Count - 1 ? "," : ""));
            output.WriteLine("]");
            return;
        }

        var table = new Table { Border = TableBorder.None, ShowHeaders = true };
        foreach (var (heading, _) in columns)
            table.AddColumn(new TableColumn(new Text(heading.ToUpperInvariant())) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        foreach (var item in items)
            table.AddRow(columns.Select(column => new Text(column.Cell(item))));
        Write(table);
    }

    /// <summary>Prints one thing: its lines, or a JSON object.</summary>
    public void One<T>(T item, params (string Heading, string Cell)[] lines)
    {
        if (isJson)
        {
            output.WriteLine(Json(item));
            return;
        }

        var width = lines.Length == 0 ? 0 : lines.Max(line => line.Heading.Length) + 1;
        foreach (var (heading, cell) in lines)
            output.WriteLine($"{(heading + ":").PadRight(width)}  {cell}".TrimEnd());
    }

    /// <summary>Prints what was done: a sentence, or a JSON object.</summary>
    public void Done<T>(T item, string sentence) => output.WriteLine(isJson ? Json(item) : sentence);

    /// <summary>Prints a line for people; nothing under JSON.</summary>
    public void Note(string text)
    {
        if (!isJson)
            output.WriteLine(text);
    }

    private static string Json<T>(T item) => JsonSerializer.Serialize(item, (JsonTypeInfo<T>)_indented.GetTypeInfo(typeof(T)));

    private void Write(Table table)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected || output != Console.Out)
            console.Profile.Width = PipeWidth;
        console.Write(table);
    }
}
