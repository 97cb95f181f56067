namespace Uss.Target.Iscsi;

/// <summary>Fills with unpredictable bytes; <c>Reactor.FillEntropy</c> in service.</summary>
internal delegate void EntropySource(Span<byte> destination);

/// <summary>Who may log in, as one connection sees it.</summary>
/// <param name="configuration">The target's configuration.</param>
/// <param name="options">The target's limits.</param>
/// <param name="isLoopback">Both ends of the connection are loopback addresses.</param>
/// <param name="entropy">Source of identifiers and challenges.</param>
internal sealed class LoginPolicy(TargetConfiguration configuration, IscsiTargetOptions options, bool isLoopback, EntropySource entropy)
{
    /// <summary>Matches any initiator in a rule.</summary>
    public const string AnyInitiator = "*";

    /// <summary>The target's limits.</summary>
    public IscsiTargetOptions Options { get; } = options;

    /// <summary>The target's normalized name.</summary>
    public string TargetName { get; } = configuration.Iqn.ToLowerInvariant();

    /// <summary>Source of identifiers and challenges.</summary>
    public EntropySource Entropy { get; } = entropy;

    /// <summary>
    /// The rules for an initiator: those that name it, else those for any, else one without CHAP when loopback is open.
    /// A named initiator is never let in by a weaker general rule.
    /// </summary>
    public IReadOnlyList<InitiatorRule> RulesFor(string initiatorName)
    {
        var rules = configuration.Initiators.Where(rule => rule.Iqn.Equals(initiatorName, StringComparison.OrdinalIgnoreCase)).ToList();
        if (rules.Count == 0)
            rules = configuration.Initiators.Where(rule => rule.Iqn == AnyInitiator).ToList();
        if (rules.Count == 0 && configuration.OpenOnLoopback && isLoopback)
            rules = [new InitiatorRule { Iqn = AnyInitiator }];
        return rules;
    }

    /// <summary>Whether a session that logged in as this initiator and CHAP user (null: without CHAP) may stay.</summary>
    public bool MayStay(string initiatorName, string? chapUser) =>
        RulesFor(initiatorName).Any(rule => rule.Chap?.Name == chapUser);
}
