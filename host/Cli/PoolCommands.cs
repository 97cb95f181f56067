using System.CommandLine;
using System.Globalization;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss pool ...</c> and <c>uss placement ...</c></summary>
internal static class PoolCommands
{
    public static Verb Pools() => new Verb("pool", "Create, change and remove pools: how many copies of data, how far apart and on which disks")
        .With(List(), PoolChangeCommands.Show(), CreatePool(), PoolChangeCommands.Set(), PoolChangeCommands.Remove());

    public static Verb Placement() => new Verb("placement", "See where copies belong, and what a failure would do").With(
        Show(), WhatIf(), PlanCommands.Create(), RecoveryCommands.Recover());

    private static Verb List() => new Verb("ls", "List pools", "uss pool ls", "uss pool ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        GlobalOptions.PrinterOf(parsed).List(
            await api.ListAsync<PoolView>("pools", cancel),
            ("name", pool => pool.Name),
            ("copies", pool => Text(pool.Copies)),
            ("at least", pool => Text(pool.MinimumCopies)),
            ("on different", pool => pool.FailureDomain + "s"),
            ("class", pool => pool.Class ?? "any"),
            ("volumes", pool => Text(pool.Volumes)),
            ("groups", pool => Text(pool.Groups)),
            ("degraded", pool => Text(pool.DegradedGroups)),
            ("unavailable", pool => Text(pool.UnavailableGroups)));
    });

    private static Verb CreatePool()
    {
        var name = new Argument<string>("NAME") { Description = "The pool" };
        var copies = new Option<int>("--copies")
        {
            Description = "Copies of every block",
            HelpName = "N",
            DefaultValueFactory = _ => 3,
        };
        var minimum = new Option<int?>("--min-copies")
        {
            Description = "Copies that must be durable before a write is acknowledged [default: 2 of three or more, else 1]",
            HelpName = "N",
        };
        var domain = new Option<string?>("--failure-domain")
        {
            Description = "What no two copies may share [default: node in a cluster, else disk]",
            HelpName = "node|rack|site|disk",
        };
        var diskClass = new Option<string?>("--class")
        {
            Description = "Only disks of this class hold its data; see `uss disk ls` [default: any]",
            HelpName = "CLASS",
        };
        return new Verb(
            "create",
            "Create a pool; when it cannot be placed, the error says which rule fails",
            "uss pool create safe --copies 3",
            "uss pool create far --copies 3 --min-copies 2 --failure-domain rack",
            "uss pool create fast --copies 3 --class ssd").With(name, copies, minimum, domain, diskClass)
            .Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new CreatePool
            {
                Name = parsed.GetRequiredValue(name),
                Copies = parsed.GetValue(copies),
                MinimumCopies = parsed.GetValue(minimum),
                FailureDomain = parsed.GetValue(domain),
                Class = parsed.GetValue(diskClass),
            };
            var pool = await api.PostAsync<CreatePool, PoolView>("pools", body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(pool, $"created pool {pool.Name}, {pool.Copies} copies on different {pool.FailureDomain}s{ClassOf(pool)}");
            printer.Note($"use it: uss volume create NAME --size SIZE --pool {pool.Name}");
        });
    }

    private static string ClassOf(PoolView pool) => pool.Class is { } diskClass ? $", disks of class {diskClass}" : "";

    private static Verb Show()
    {
        var pool = Pool();
        return new Verb(
            "show",
            "Show each disk's part in the placement map",
            "uss placement show",
            "uss placement show --pool copies-3 -o json").With(pool).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var query = parsed.GetValue(pool) is { } name ? "?pool=" + Uri.EscapeDataString(name) : "";
            GlobalOptions.PrinterOf(parsed).List(
                await api.ListAsync<PlacementDiskView>("placement" + query, cancel),
                ("pool", disk => disk.Pool),
                ("disk", disk => disk.Disk),
                ("copies", disk => Text(disk.Copies)),
                ("primaries", disk => Text(disk.Primaries)),
                ("share", disk => Percent(disk.SharePercent)),
                ("by size", disk => Percent(disk.DuePercent)),
                ("id", disk => disk.Id.ToString()));
        });
    }

    private static Verb WhatIf()
    {
        var pool = Pool();
        var fail = new Option<string>("--fail")
        {
            Description = "What fails: node/NAME, rack/NAME, site/NAME, disk/ID or disk/NODE/NAME",
            HelpName = "DOMAIN",
            Required = true,
        };
        return new Verb(
            "what-if",
            "Say what the loss of a disk, node, rack or site would do; changes nothing",
            "uss placement what-if --fail node/node2",
            "uss placement what-if --fail disk/node2/disk0 --pool copies-3").With(fail, pool).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var query = "?fail=" + Uri.EscapeDataString(parsed.GetRequiredValue(fail))
                + (parsed.GetValue(pool) is { } name ? "&pool=" + Uri.EscapeDataString(name) : "");
            var reports = await api.ListAsync<WhatIfView>("placement/what-if" + query, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.List(
                reports,
                ("pool", report => report.Pool),
                ("untouched", report => Text(report.Untouched)),
                ("fewer copies", report => Text(report.Degraded)),
                ("writes wait", report => Text(report.BelowMinimum)),
                ("lost", report => Text(report.Lost)),
                ("to copy", report => ByteSize.Format(report.CopiedBytes)),
                ("time", report => report.CopiedBytes == 0 ? "-" : $"{TimeSpan.FromSeconds(Math.Ceiling(report.Seconds)):c}"),
                ("fullest then", report => Percent(report.FullestPercent)));
            foreach (var report in reports.Where(report => report.Problem is not null))
                printer.Note($"problem: not all copies can be made again. {report.Problem!.Message}\nfix: {report.Problem.Fix}");
        });
    }

    private static Option<string?> Pool() => new("--pool") { Description = "Only this pool", HelpName = "POOL" };

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Percent(double percent) => percent.ToString("0.0", CultureInfo.InvariantCulture) + " %";
}
