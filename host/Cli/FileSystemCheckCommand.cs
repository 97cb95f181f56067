using System.CommandLine;
using System.Globalization;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss fs check</c></summary>
internal static class FileSystemCheckCommand
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _say = TimeSpan.FromSeconds(10);

    public static Verb Create()
    {
        var name = new Argument<string>("NAME") { Description = "The file system" };
        return new Verb(
            "check",
            "Check all metadata of a file system, which stays in use; one that cannot be opened is checked as it lies on the disks",
            "uss fs check default",
            "uss fs check default -o json").With(name).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var printer = GlobalOptions.PrinterOf(parsed);
            var (fileSystem, path) = (parsed.GetRequiredValue(name), FileSystemCommands.PathOf(parsed.GetRequiredValue(name)) + "/check");
            var check = await api.PostAsync<FileSystemCheckView>(path, cancel);
            var saidAt = DateTimeOffset.UtcNow;
            while (check.State == "running")
            {
                await Task.Delay(_look, cancel);
                check = await api.GetAsync<FileSystemCheckView>(path, cancel);
                if (check.State != "running" || DateTimeOffset.UtcNow - saidAt < _say)
                    continue;
                saidAt = DateTimeOffset.UtcNow;
                printer.Note(string.Create(CultureInfo.InvariantCulture, $"{check.Records} records{(check.Percent is { } done ? $", {done:0} %" : "")}"));
            }

            Print(printer, fileSystem, check);
        });
    }

    private static void Print(Printer printer, string name, FileSystemCheckView check)
    {
        var how = check.IsOnline ? "while it was in use" : "as it lies on the disks, since it cannot be opened";
        printer.Done(check, $"checked {check.Records} records of file system {name} in {check.Pages} pages, {how}: {check.State}");
        foreach (var finding in check.First)
            printer.Note($"problem: {finding}");
        switch (check.State)
        {
            case "clean":
                break;
            case "damaged":
                throw new CommandFailure(new Fault(
                    "file-system-damaged",
                    $"The metadata of file system '{name}' has {check.Findings} faults; the first are listed.",
                    "Copy what can be read to another file system, or restore a backup, and report the findings."));
            default:
                throw new CommandFailure(new Fault(
                    check.Problem?.Code ?? "file-system-check-stopped",
                    check.Problem?.Message ?? $"The check of file system '{name}' is forgotten: another node owns it now.",
                    check.Problem?.Fix ?? "Check again."));
        }
    }
}
