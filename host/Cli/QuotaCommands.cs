using System.CommandLine;
using System.Globalization;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss fs quota ...</c></summary>
internal static class QuotaCommands
{
    private const string None = "none";

    public static Verb Create() => new Verb("quota", "Limit what a directory and all below it may take").With(Set(), List(), Remove());

    private static Verb Set()
    {
        var (name, path) = (Name(), Path());
        var bytes = new Option<string?>("--bytes") { Description = "Most bytes of its files, or none; without it: as it is", HelpName = "SIZE|none" };
        var files = new Option<string?>("--files")
        {
            Description = "Most files, with directories and itself, or none; without it: as it is",
            HelpName = "N|none",
        };
        return new Verb(
            "set",
            "Give a directory a quota, or change it; what it has already is counted in the background",
            "uss fs quota set home /alice --bytes 20G",
            "uss fs quota set home /alice --bytes 40G --files 100000",
            "uss fs quota set home / --files none").With(name, path, bytes, files).Does(async (parsed, cancel) =>
        {
            var body = new SetQuota
            {
                Path = parsed.GetRequiredValue(path),
                LimitBytes = BytesOf(parsed.GetValue(bytes)),
                LimitFiles = FilesOf(parsed.GetValue(files)),
            };
            if (body is { LimitBytes: null, LimitFiles: null })
                throw new CommandFailure(new Fault("bad-quota", "No limit was given.", "Give --bytes, --files or both; `none` takes a limit away."));
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var all = await api.PutAsync<SetQuota, ListPage<QuotaView>>(PathOf(parsed.GetRequiredValue(name)), body, cancel);
            Print(GlobalOptions.PrinterOf(parsed), all.Items);
        });
    }

    private static Verb List()
    {
        var name = Name();
        return new Verb("ls", "List the quotas of a file system and what they have used", "uss fs quota ls home").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            Print(GlobalOptions.PrinterOf(parsed), await api.ListAsync<QuotaView>(PathOf(parsed.GetRequiredValue(name)), cancel));
        });
    }

    private static Verb Remove()
    {
        var (name, path) = (Name(), Path());
        return new Verb("rm", "Take a quota away; the directory and its files stay", "uss fs quota rm home /alice").With(name, path).Does(
            async (parsed, cancel) =>
            {
                using var api = new ApiClient(GlobalOptions.DataOf(parsed));
                var (from, directory) = (PathOf(parsed.GetRequiredValue(name)), parsed.GetRequiredValue(path));
                var left = await api.DeleteAsync<ListPage<QuotaView>>($"{from}?path={Uri.EscapeDataString(directory)}", cancel);
                Print(GlobalOptions.PrinterOf(parsed), left.Items);
            });
    }

    private static void Print(Printer printer, IReadOnlyList<QuotaView> quotas) => printer.List(
        quotas,
        ("path", quota => quota.Path ?? "?"),
        ("used", quota => ByteSize.Format(quota.UsedBytes)),
        ("limit", quota => quota.LimitBytes is { } limit ? ByteSize.Format(limit) : None),
        ("files", quota => Text(quota.UsedFiles)),
        ("most files", quota => quota.LimitFiles is { } limit ? Text(limit) : None),
        ("state", quota => quota.State));

    private static long? BytesOf(string? text)
    {
        if (text is null or None)
            return text is null ? null : 0;
        return ByteSize.TryParse(text, out var size, out var reason) && size > 0
            ? size
            : throw new CommandFailure(new Fault("bad-size", $"--bytes: {reason}.", "Give a size above 0, for example 20G, or none."));
    }

    private static long? FilesOf(string? text)
    {
        if (text is null or None)
            return text is null ? null : 0;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var files) && files > 0
            ? files
            : throw new CommandFailure(new Fault("bad-quota", $"--files: '{text}' is no number of files.", "Give a number above 0, or none."));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static Argument<string> Name() => new("NAME") { Description = "The file system" };

    private static Argument<string> Path() => new("PATH") { Description = "The directory, from the file system's top: /projects/a" };

    private static string PathOf(string name) => FileSystemCommands.PathOf(name) + "/quotas";
}
