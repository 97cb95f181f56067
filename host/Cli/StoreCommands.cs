using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Host.Cli;

/// <summary><c>uss store ...</c>: looks into a disk without a service.</summary>
internal static class StoreCommands
{
    // Paths stay as they are; the output is no HTML.
    private static readonly StoreJson _json =
        new(new JsonSerializerOptions(StoreJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static Verb Create() => new Verb("store", "Look into disks, also without a service").With(Inspect());

    private static Verb Inspect()
    {
        var disk = new Argument<string>("DISKFILE") { Description = "The disk: a file or block device" };
        var records = new Option<bool>("--records") { Description = "Show every record of the log, not only its batches" };
        var blocks = new Option<bool>("--blocks") { Description = "Show every block of the maps, not only the objects" };
        var limit = new Option<int>("--limit")
        {
            Description = "Objects and batches to show at most",
            HelpName = "N",
            DefaultValueFactory = _ => 1000,
        };
        return new Verb(
            "inspect",
            "Decode a disk's superblocks, maps and log without changing it; best while no service has it open",
            "uss store inspect data/disk0.uss",
            "uss store inspect /dev/sdb --records --blocks -o json").With(disk, records, blocks, limit).Does(async (parsed, _) =>
        {
            var most = parsed.GetValue(limit);
            if (most < 0)
                throw CommandFailure.Usage($"--limit: {most} is less than nothing.", "Use 0 or more.");
            var options = new StoreInspectorOptions(parsed.GetValue(records), parsed.GetValue(blocks), most, most);
            var inspection = await InspectAsync(parsed.GetRequiredValue(disk), options);
            var output = parsed.InvocationConfiguration.Output;
            if (GlobalOptions.PrinterOf(parsed).IsJson)
                output.WriteLine(JsonSerializer.Serialize(inspection, _json.StoreInspection));
            else
                StoreInspectionText.Write(output, inspection);
            if (inspection.Problem is { } problem)
                throw new CommandFailure(new Fault("disk-damaged", problem, "What could be read is shown above."));
        });
    }

    private static async Task<StoreInspection> InspectAsync(string path, StoreInspectorOptions options)
    {
        var made = ReactorFactory.Create(new ReactorOptions { Name = "inspect" });
        if (!made.IsOk)
            throw new CommandFailure(made.Fault);
        var reactor = made.Value.Reactor;
        reactor.Start();
        try
        {
            var inspected = await reactor.InvokeAsync(() => StoreInspector.InspectAsync(reactor, Path.GetFullPath(path), options));
            return inspected.IsOk ? inspected.Value : throw new CommandFailure(inspected.Fault);
        }
        finally
        {
            await reactor.StopAsync();
        }
    }
}

/// <summary>JSON of an inspection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(StoreInspection))]
internal sealed partial class StoreJson : JsonSerializerContext;
