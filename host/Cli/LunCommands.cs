using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss lun ...</c></summary>
internal static class LunCommands
{
    public static Verb Create() => new Verb("lun", "Show volumes to initiators as LUNs").With(Map(), Unmap(), List());

    private static Verb Map()
    {
        var volume = new Argument<string>("VOLUME") { Description = "The volume" };
        var lun = new Option<int?>("--lun", "-l") { Description = "Number from 0 to 255 [default: the lowest free one]", HelpName = "N" };
        var initiator = Initiator("Only this initiator sees it [default: every initiator that may log in]");
        var readOnly = new Option<bool>("--read-only") { Description = "Refuse writes" };
        return new Verb(
            "map",
            "Map a volume as a LUN",
            "uss lun map v1 --lun 1",
            "uss lun map v1 --lun 1 --initiator iqn.1993-08.org.debian:01:4f0cf54bb7b").With(volume, lun, initiator, readOnly).Does(
            async (parsed, cancel) =>
            {
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                var body = new MapLun
                {
                    Volume = parsed.GetRequiredValue(volume),
                    Lun = parsed.GetValue(lun),
                    Initiator = parsed.GetValue(initiator),
                    ReadOnly = parsed.GetValue(readOnly),
                };
                var mapped = await api.PostAsync<MapLun, LunView>("luns", body, cancel);
                var printer = GlobalOptions.PrinterOf(parsed);
                printer.Done(mapped, $"mapped volume {mapped.Volume} as LUN {mapped.Lun} for {mapped.Initiator ?? "all initiators"}");
                printer.Note("on a logged-in Linux initiator: iscsiadm -m session --rescan");
            });
    }

    private static Verb Unmap()
    {
        var lun = new Argument<int>("LUN") { Description = "The number" };
        var initiator = Initiator("The mapping for this initiator [default: the one for all initiators]");
        return new Verb(
            "unmap",
            "Take a mapping away; the volume and its data stay",
            "uss lun unmap 1",
            "uss lun unmap 1 --initiator iqn.1993-08.org.debian:01:4f0cf54bb7b").With(lun, initiator).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var query = parsed.GetValue(initiator) is { } iqn ? "?initiator=" + Uri.EscapeDataString(iqn) : "";
            var unmapped = await api.DeleteAsync<LunView>($"luns/{parsed.GetValue(lun)}{query}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(unmapped, $"unmapped LUN {unmapped.Lun} (volume {unmapped.Volume})");
        });
    }

    private static Verb List() => new Verb("ls", "List LUN mappings", "uss lun ls", "uss lun ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        GlobalOptions.PrinterOf(parsed).List(
            await api.ListAsync<LunView>("luns", cancel),
            ("lun", lun => $"{lun.Lun}"),
            ("volume", lun => lun.Volume),
            ("initiator", lun => lun.Initiator ?? "*"),
            ("access", lun => lun.ReadOnly ? "read-only" : "read-write"));
    });

    private static Option<string?> Initiator(string description) =>
        new("--initiator", "-i") { Description = description, HelpName = "IQN" };
}
