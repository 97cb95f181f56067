using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary>The CHAP options that <c>initiator create</c> and <c>initiator set</c> share.</summary>
internal sealed class ChapOptions
{
    private readonly Option<string?> _user = new("--chap-user")
    {
        Description = "CHAP user that the initiator must prove",
        HelpName = "USER",
    };

    private readonly Option<string?> _secret = new("--chap-secret")
    {
        Description = "Its secret, 12 to 16 characters; '-' reads a line of standard input [default: asks]",
        HelpName = "SECRET",
    };

    private readonly Option<string?> _mutualUser = new("--mutual-user")
    {
        Description = "CHAP user that the target proves to the initiator in return",
        HelpName = "USER",
    };

    private readonly Option<string?> _mutualSecret = new("--mutual-secret")
    {
        Description = "Its secret, another one; '-' reads a line of standard input [default: asks]",
        HelpName = "SECRET",
    };

    private readonly Option<bool> _generate = new("--generate") { Description = "Make the secrets that are not given and show them once" };

    public Symbol[] All => [_user, _secret, _mutualUser, _mutualSecret, _generate];

    /// <summary>The CHAP users and secrets that the command line asks for, after asking for what is missing.</summary>
    public ChapSecrets Resolve(ParseResult parsed)
    {
        var generate = parsed.GetValue(_generate);
        var chap = Pair(parsed, _user, _secret, generate, out var chapWasGenerated);
        var mutual = Pair(parsed, _mutualUser, _mutualSecret, generate, out var mutualWasGenerated);
        if (generate && chap is null && mutual is null)
            throw CommandFailure.Usage("--generate has no CHAP user to make a secret for.", "Give --chap-user USER as well.");
        return new ChapSecrets(chap, mutual, chapWasGenerated, mutualWasGenerated);
    }

    private static ChapPair? Pair(ParseResult parsed, Option<string?> user, Option<string?> secret, bool generate, out bool wasGenerated)
    {
        var name = parsed.GetValue(user);
        var given = parsed.GetValue(secret);
        wasGenerated = name is not null && given is null && generate;
        if (name is null)
        {
            if (given is not null)
                throw CommandFailure.Usage($"{secret.Name} has no user to belong to.", $"Give {user.Name} USER as well.");
            return null;
        }

        return new ChapPair(name, wasGenerated ? SecretInput.Generate() : SecretInput.Resolve(given, name, secret.Name));
    }
}

/// <summary>What <see cref="ChapOptions"/> came to.</summary>
/// <param name="Chap">User and secret of the initiator, or null.</param>
/// <param name="Mutual">User and secret of the target, or null.</param>
/// <param name="ChapWasGenerated">The first was made here and must be shown.</param>
/// <param name="MutualWasGenerated">The second was made here and must be shown.</param>
internal sealed record ChapSecrets(ChapPair? Chap, ChapPair? Mutual, bool ChapWasGenerated, bool MutualWasGenerated)
{
    /// <inheritdoc/>
    public override string ToString() => "(secrets hidden)";
}
