using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss fs ...</c></summary>
internal static class FileSystemCommands
{
    public static Verb Create() => new Verb("fs", "Create, list, rename and remove file systems, which NFS clients mount by exports").With(
        CreateFileSystem(), List(), Show(), Set(), Remove(), QuotaCommands.Create(), FileSystemCheckCommand.Create());

    private static Verb CreateFileSystem()
    {
        var name = Name();
        var copies = new Option<int?>("--copies")
        {
            Description = "Copies of each block, on different disks, in a cluster on different nodes [default: 1; in a cluster up to 3]",
            HelpName = "N",
        };
        var pool = new Option<string?>("--pool")
        {
            Description = "The pool that holds it, in place of --copies; see `uss pool ls`",
            HelpName = "POOL",
        };
        var mode = new Option<string?>("--mode")
        {
            Description = "Permissions of its uppermost directory, in octal; clients can change them later [default: 0777]",
            HelpName = "MODE",
        };
        var user = new Option<uint>("--uid") { Description = "User that the uppermost directory belongs to [default: 0]", HelpName = "N" };
        var group = new Option<uint>("--gid") { Description = "Its group [default: 0]", HelpName = "N" };
        return new Verb(
            "create",
            "Create an empty file system; it takes space as files are written",
            "uss fs create home",
            "uss fs create media --copies 2",
            "uss fs create vm --pool fast",
            "uss fs create team --mode 2770 --uid 1000 --gid 100").With(name, copies, pool, mode, user, group).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var body = new CreateFileSystem
            {
                Name = parsed.GetRequiredValue(name),
                Copies = parsed.GetValue(copies),
                Pool = parsed.GetValue(pool),
                Mode = parsed.GetValue(mode),
                User = parsed.GetValue(user),
                Group = parsed.GetValue(group),
            };
            var created = await api.PostAsync<CreateFileSystem, FileSystemView>("file-systems", body, cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.Done(created, $"created file system {created.Name} in pool {created.Pool}");
            printer.Note($"let clients mount it: uss export create /{created.Name} --fs {created.Name} --client 10.0.0.0/24");
        });
    }

    private static Verb List() => new Verb("ls", "List file systems", "uss fs ls", "uss fs ls -o json").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        var all = await api.ListAsync<FileSystemView>("file-systems", cancel);
        var printer = GlobalOptions.PrinterOf(parsed);
        printer.List(
            all,
            ("name", found => found.Name),
            ("pool", found => found.Pool),
            ("copies", found => $"{found.Copies}"),
            ("state", found => found.State),
            ("used", found => ByteSize.Format(found.UsedBytes)),
            ("free", found => ByteSize.Format(found.FreeBytes)),
            ("owner", OwnerOf),
            ("exports", found => string.Join(",", found.Exports.Select(export => export.Path))));
        foreach (var problem in all.Where(found => found.Problem is not null).Select(found => found.Problem!))
            printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
    });

    private static Verb Show()
    {
        var name = Name();
        return new Verb("show", "Show one file system and how to mount it", "uss fs show default").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var found = await api.GetAsync<FileSystemView>(PathOf(parsed.GetRequiredValue(name)), cancel);
            var printer = GlobalOptions.PrinterOf(parsed);
            printer.One(
                found,
                [
                    ("name", found.Name),
                    ("id", $"{found.Id}"),
                    ("pool", $"{found.Pool}, {found.Copies} {(found.Copies == 1 ? "copy" : "copies")}"),
                    ("state", found.State),
                    ("used", ByteSize.Format(found.UsedBytes)),
                    ("free", $"{ByteSize.Format(found.FreeBytes)}, shared with all that is in the pool"),
                    ("owner", OwnerOf(found)),
                    ("created", $"{found.Created:u}"),
                    ("exports", found.Exports.Count == 0 ? "none" : string.Join(", ", found.Exports.Select(export => export.Path))),
                    .. found.Exports.Where(export => export.Mount is not null).Select(export => ("mount", export.Mount!)),
                ]);
            if (found.Problem is { } problem)
                printer.Note($"problem: {problem.Message}\nfix: {problem.Fix}");
        });
    }

    private static Verb Set()
    {
        var name = Name();
        var newName = new Option<string>("--name") { Description = "Its new name", HelpName = "NEW", Required = true };
        return new Verb(
            "set",
            "Rename a file system; its exports keep their paths, and clients do not notice",
            "uss fs set media --name films").With(name, newName).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var (old, body) = (parsed.GetRequiredValue(name), new ChangeFileSystem { Name = parsed.GetRequiredValue(newName) });
            var renamed = await api.PatchAsync<ChangeFileSystem, FileSystemView>(PathOf(old), body, cancel);
            GlobalOptions.PrinterOf(parsed).Done(renamed, $"file system {old} is called {renamed.Name} now");
        });
    }

    private static Verb Remove()
    {
        var name = Name();
        return new Verb(
            "rm",
            "Remove a file system and all its files; refused while an export names it",
            "uss fs rm media                # asks for the name",
            "uss fs rm media --confirm media").With(name, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var found = await api.GetAsync<FileSystemView>(PathOf(parsed.GetRequiredValue(name)), cancel);
            if (found.Exports.Count == 0)
            {
                var consequence = $"This destroys file system {found.Name} ({ByteSize.Format(found.UsedBytes)}) and all its files.";
                Confirmation.Obtain(parsed, "file system", found.Name, consequence);
            }

            // While exports name it, the service refuses and says how to take them away.
            var removed = await api.DeleteAsync<FileSystemView>(
                $"{PathOf(found.Name)}?confirm={Uri.EscapeDataString(found.Name)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"file system {removed.Name} is being removed");
        });
    }

    private static string OwnerOf(FileSystemView found) => found.Owner is null or "" ? "-" : found.Owner;

    private static Argument<string> Name() => new("NAME") { Description = "The file system" };

    /// <summary>Where the API has a file system.</summary>
    public static string PathOf(string name) => "file-systems/" + Uri.EscapeDataString(name);
}
