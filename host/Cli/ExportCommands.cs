using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss export ...</c></summary>
internal static class ExportCommands
{
    public static Verb Create() => new Verb("export", "Say which file systems NFS clients can mount, under which paths, and who may").With(
        CreateExport(), List(), Show(), Set(), Remove(), Clients());

    private static Verb CreateExport()
    {
        var path = Path();
        var fileSystem = new Option<string>("--fs")
        {
            Description = "The file system",
            HelpName = "NAME",
            Required = true,
        };
        var volumes = new Option<bool>("--volumes")
        {
            Description = "Let root of the clients find all volumes as files in a directory 'volumes' of it, the same bytes as their LUNs",
        };
        var directory = new Option<string?>("--directory")
        {
            Description = "A directory of the file system that clients see as its uppermost one: there is no way up from it [default: /]",
            HelpName = "DIR",
        };
        var rule = new ExportRuleOptions();
        return new Verb(
            "create",
            "Export a file system",
            "uss export create /home --fs home --client 10.0.0.0/24",
            "uss export create /home --fs home --client 10.0.0.5 --client 10.0.0.6 --read-only",
            "uss export create /alice --fs home --directory /people/alice --client 10.0.0.7",
            "uss export create /drop --fs home --client '*' --squash all --anon-uid 1000 --anon-gid 1000")
            .With(path, fileSystem, directory, volumes).With(rule.All)
            .Does(async (parsed, cancel) =>
            {
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                var body = new CreateExport
                {
                    Path = parsed.GetRequiredValue(path),
                    FileSystem = parsed.GetRequiredValue(fileSystem),
                    Directory = parsed.GetValue(directory),
                    Rules = rule.RulesOf(parsed),
                    ShowsVolumes = parsed.GetValue(volumes),
                };
                var export = await api.PostAsync<CreateExport, ExportView>("exports", body, cancel);
                var printer = GlobalOptions.PrinterOf(parsed);
                printer.Done(export, $"exported file system {export.FileSystem} as {export.Path} for {ClientsOf(export)}");
                NoteMount(printer, export);
            });
    }

    private static Verb Set()
    {
        var path = Path();
        var rule = new ExportRuleOptions();
        var without = new Option<string[]>("--remove-client")
        {
            Description = "Take away the rule for these clients; repeatable",
            HelpName = "CLIENTS",
        };
        return new Verb(
            "set",
            "Add, change or take away rules; they hold from each client's next request on",
            "uss export set /home --client 10.0.1.0/24",
            "uss export set /home --client 10.0.1.0/24 --read-only         # what is not given is as by default",
            "uss export set /home --remove-client 10.0.0.0/24").With(path).With(rule.All).With(without).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var (rules, removed) = (rule.RulesOf(parsed), parsed.GetValue(without) ?? []);
            if (rules.Count == 0 && removed.Length == 0)
                throw CommandFailure.Usage("There is nothing to change.", "Give --client CLIENTS or --remove-client CLIENTS.");
            var body = new ChangeExport { SetRules = rules, RemoveClients = removed };
            var export = await api.PatchAsync<ChangeExport, ExportView>(PathOf(parsed.GetRequiredValue(path)), body, cancel);
            GlobalOptions.PrinterOf(parsed).Done(export, $"{export.Path} is exported for {ClientsOf(export)} now");
        });
    }

    private static Verb List() => new Verb("ls", "List exports", "uss export ls", "uss export ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        GlobalOptions.PrinterOf(parsed).List(
            await api.ListAsync<ExportView>("exports", cancel),
            ("path", export => export.Path),
            ("file system", export => export.FileSystem),
            ("directory", export => export.Directory ?? "/"),
            ("clients", export => string.Join(", ", export.Rules.Select(Describe))));
    });

    private static Verb Show()
    {
        var path = Path();
        return new Verb("show", "Show one export and how to mount it", "uss export show /default").With(path).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var export = await api.GetAsync<ExportView>(PathOf(parsed.GetRequiredValue(path)), cancel);
            GlobalOptions.PrinterOf(parsed).One(
                export,
                [
                    ("path", export.Path),
                    ("id", $"{export.Id}"),
                    ("file system", export.FileSystem),
                    ("directory", export.Directory ?? "/"),
                    ("created", $"{export.Created:u}"),
                    .. export.Rules.Count == 0 ? [("clients", "nobody")] : export.Rules.Select(rule => ("clients", Describe(rule))),
                    ("mount", export.Mount ?? "no NFS server listens on this node, see --nfs of `uss serve`"),
                ]);
        });
    }

    private static Verb Remove()
    {
        var path = Path();
        return new Verb(
            "rm",
            "Take an export away; the file system and its files stay",
            "uss export rm /home                  # asks for the path",
            "uss export rm /home --confirm /home").With(path, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var export = await api.GetAsync<ExportView>(PathOf(parsed.GetRequiredValue(path)), cancel);
            var consequence = $"Clients that have mounted {export.Path} lose it, and must mount anew even if it is exported again.";
            Confirmation.Obtain(parsed, "export", export.Path, consequence);
            var removed = await api.DeleteAsync<ExportView>($"{PathOf(export.Path)}?confirm={Uri.EscapeDataString(export.Path)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"{removed.Path} is not exported any more; file system {removed.FileSystem} stays");
        });
    }

    private static Verb Clients() => new Verb(
        "clients",
        "List who has mounted what through this node, as far as clients have said",
        "uss export clients",
        "uss export clients -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        GlobalOptions.PrinterOf(parsed).List(
            await api.ListAsync<NfsClientView>("exports/clients", cancel),
            ("client", client => client.Client),
            ("path", client => client.Path));
    });

    private static void NoteMount(Printer printer, ExportView export)
    {
        if (export.Rules.Count == 0)
            printer.Note($"nobody may mount it yet: uss export set {export.Path} --client 10.0.0.0/24");
        else if (export.Mount is { } mount)
            printer.Note(mount);
    }

    private static string ClientsOf(ExportView export) =>
        export.Rules.Count == 0 ? "nobody" : string.Join(", ", export.Rules.Select(rule => rule.Clients));

    private static string Describe(ExportRuleView rule)
    {
        var anonymous = rule.Squash == "none" ? "" : $", {rule.Squash} is {rule.AnonymousUser}:{rule.AnonymousGroup}";
        return $"{rule.Clients} ({(rule.ReadOnly ? "read-only" : "read-write")}{anonymous})";
    }

    private static Argument<string> Path() => new("PATH") { Description = "What clients mount, such as /home" };

    private static string PathOf(string path) => "exports/" + Uri.EscapeDataString("/" + path.Trim('/'));
}
