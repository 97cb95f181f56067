using System.CommandLine;

namespace Uss.Host.Cli;

/// <summary>Options that set up a node: of <c>uss node</c>, <c>uss cluster init</c> and <c>uss cluster join</c>.</summary>
internal static class NodeSetup
{
    public static Option<string?> Name(string description) => new("--name") { Description = description, HelpName = "NAME" };

    public static Option<string?> Etcd(string description) => new("--etcd") { Description = description, HelpName = "URL[,URL]" };

    public static Option<string?> Listen() => new("--listen")
    {
        Description = "Where other nodes reach this one",
        HelpName = "HOST:PORT",
    };

    public static Option<string?> Rack() => new("--rack")
    {
        Description = "The rack that the node stands in at its first start; `uss node set` changes it [default: rack]",
        HelpName = "RACK",
    };

    public static Option<string?> Site() => new("--site") { Description = "The site of the rack [default: site]", HelpName = "SITE" };

    public static Option<string[]> Iscsi() => new("--iscsi")
    {
        Description = "Where its iSCSI target will listen; repeatable [default: the host of --listen, port 3260]",
        HelpName = "HOST:PORT",
    };

    /// <summary>The name, when it is one.</summary>
    public static string CheckName(string name) => Volumes.VolumeRules.CheckName(name) is null
        ? name
        : throw CommandFailure.Usage($"--name: '{name}' is no name for a node.", "Use 1 to 63 of a-z 0-9 . _ -, for example n1.");

    /// <summary>The rack or site that was given, when it is a name; null when none was.</summary>
    public static string? PlaceOf(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is not { } name ? null
        : (option.Name == "--rack" ? Volumes.TopologyRules.CheckPlace(name, null) : Volumes.TopologyRules.CheckPlace(null, name)) is { } bad
            ? throw CommandFailure.Usage($"{option.Name}: {bad.Message}", bad.Remedy!)
            : name;

    /// <summary>URLs, separated by commas.</summary>
    public static IReadOnlyList<Uri> ParseUrls(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(ParseUrl)];

    private static Uri ParseUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw CommandFailure.Usage($"--etcd: '{text}' is no URL.", "Use URLs such as http://10.0.0.1:2379, separated by commas.");
}
