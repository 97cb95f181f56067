using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary>The options that make rules of an export: the same for all clients of one command.</summary>
internal sealed class ExportRuleOptions
{
    private readonly Option<string[]> _client = new("--client")
    {
        Description = "Who may mount it: a network as 10.0.0.0/24, an address, or '*' for all; repeatable",
        HelpName = "CLIENTS",
    };

    private readonly Option<bool> _readOnly = new("--read-only") { Description = "Refuse writes of these clients" };

    private readonly Option<string?> _squash = new("--squash")
    {
        Description = "Whose identity becomes the anonymous one: root's, that of all, or none [default: root]",
        HelpName = "root|all|none",
    };

    private readonly Option<uint?> _user = new("--anon-uid") { Description = "The anonymous user [default: 65534]", HelpName = "N" };

    private readonly Option<uint?> _group = new("--anon-gid") { Description = "The anonymous group [default: 65534]", HelpName = "N" };

    public Option[] All => [_client, _readOnly, _squash, _user, _group];

    /// <summary>The rules that the options ask for.</summary>
    public IReadOnlyList<ExportRuleView> RulesOf(ParseResult parsed)
    {
        var clients = parsed.GetValue(_client) ?? [];
        var (squash, user, group) = (parsed.GetValue(_squash), parsed.GetValue(_user), parsed.GetValue(_group));
        if (clients.Length == 0 && (parsed.GetValue(_readOnly) || squash is not null || user is not null || group is not null))
            throw CommandFailure.Usage("--client: there is none, but options say what clients may do.", "Name the clients with --client CLIENTS.");
        return [.. clients.Distinct(StringComparer.Ordinal).Select(text => new ExportRuleView
        {
            Clients = text,
            ReadOnly = parsed.GetValue(_readOnly),
            Squash = squash,
            AnonymousUser = user,
            AnonymousGroup = group,
        })];
    }
}
