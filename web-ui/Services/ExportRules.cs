using System.Text.RegularExpressions;
using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Checks and translates what people say of an export. A null fault means: good.</summary>
internal static partial class ExportRules
{
    private const int LongestPath = 255;
    private const int MostRules = 256;

    /// <summary>Brings a path into the one form in which it is kept: with a slash before it and none behind.</summary>
    public static string FoldPath(string path) => "/" + path.Trim().Trim('/');

    /// <summary>Checks a folded path.</summary>
    public static Fault? CheckPath(string path) =>
        path.Length <= LongestPath && PathPattern().IsMatch(path) && !path.Split('/').Any(name => name is "." or "..")
            ? null
            : Faults.Bad(
                "path",
                $"'{path}' is no path for an export.",
                $"Use names of A-Z, a-z, 0-9, '.', '_' and '-', each behind a slash, at most {LongestPath} characters, for example /default.");

    /// <summary>Reads rules.</summary>
    public static Result<IReadOnlyList<ExportRuleRecord>> Read(IReadOnlyList<ExportRuleView> rules)
    {
        var read = new List<ExportRuleRecord>(rules.Count);
        foreach (var rule in rules)
        {
            if (!ExportClients.TryNormalize(rule.Clients, out var clients))
                return BadClients(rule.Clients, clients);
            if (SquashOf(rule.Squash) is not { } squash)
            {
                return Faults.Bad(
                    "squash",
                    $"'{rule.Squash}' is no way to replace identities.",
                    "Use root (root becomes nobody), all (everybody does) or none.");
            }

            if (read.Any(other => other.Clients == clients))
                return Faults.Bad("client", $"There are two rules for '{clients}'.", "Give one rule for each client or network.");
            read.Add(new ExportRuleRecord
            {
                Clients = clients,
                ReadOnly = rule.ReadOnly,
                Squash = squash,
                AnonymousUser = rule.AnonymousUser ?? ExportRuleRecord.Nobody,
                AnonymousGroup = rule.AnonymousGroup ?? ExportRuleRecord.Nobody,
            });
        }

        return CheckCount(read) is { } tooMany ? tooMany : Result<IReadOnlyList<ExportRuleRecord>>.Ok(read);
    }

    /// <summary>Applies a change to the rules of an export.</summary>
    public static Result<IReadOnlyList<ExportRuleRecord>> Change(ExportRecord present, ChangeExport request)
    {
        var set = Read(request.SetRules ?? []);
        if (!set.IsOk)
            return set.Fault;
        var rules = present.Rules.ToList();
        foreach (var text in request.RemoveClients ?? [])
        {
            ExportClients.TryNormalize(text, out var clients);
            if (rules.RemoveAll(rule => rule.Clients == clients) == 0)
                return Faults.ExportRuleNotFound(present.Path, text);
        }

        foreach (var rule in set.Value)
        {
            var place = rules.FindIndex(other => other.Clients == rule.Clients);
            if (place < 0)
                rules.Add(rule);
            else
                rules[place] = rule;
        }

        return CheckCount(rules) is { } tooMany ? tooMany : Result<IReadOnlyList<ExportRuleRecord>>.Ok(rules);
    }

    /// <summary>A rule as the API shows it.</summary>
    public static ExportRuleView View(ExportRuleRecord rule) => new()
    {
        Clients = rule.Clients,
        ReadOnly = rule.ReadOnly,
        Squash = rule.Squash switch
        {
            ExportSquash.All => "all",
            ExportSquash.None => "none",
            _ => "root",
        },
        AnonymousUser = rule.AnonymousUser,
        AnonymousGroup = rule.AnonymousGroup,
    };

    private static ExportSquash? SquashOf(string? text) => text switch
    {
        null or "root" => ExportSquash.Root,
        "all" => ExportSquash.All,
        "none" => ExportSquash.None,
        _ => null,
    };

    private static Fault BadClients(string text, string meant) => Faults.Bad(
        "client",
        $"'{text}' names no clients.",
        meant != text.Trim()
            ? $"For the network write {meant}, for one client its address alone."
            : "Use a network such as 10.0.0.0/24, an address such as 10.0.0.7 (names of hosts are not looked up), or * for all clients.");

    private static Fault? CheckCount(IReadOnlyList<ExportRuleRecord> rules) => rules.Count <= MostRules
        ? null
        : Faults.Bad("rules", $"{rules.Count} rules are more than an export can have.", $"Use at most {MostRules}: name networks, not hosts.");

    [GeneratedRegex(@"\A(/[A-Za-z0-9._-]+)+\z")]
    private static partial Regex PathPattern();
}
