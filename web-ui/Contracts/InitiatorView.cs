namespace Uss.WebUi.Contracts;

/// <summary>An initiator rule as the API shows it: everything but the secrets.</summary>
public sealed record InitiatorView
{
    /// <summary>The initiator's iSCSI name, or <c>*</c> for any.</summary>
    public required string Iqn { get; init; }

    /// <summary>CHAP user that it must prove; null: none asked for.</summary>
    public string? ChapUser { get; init; }

    /// <summary>CHAP user that the target proves in return; null: nothing.</summary>
    public string? MutualUser { get; init; }

    /// <summary>When the rule was created.</summary>
    public required DateTimeOffset Created { get; init; }
}

/// <summary>Body of <c>POST /api/v1/initiators</c>.</summary>
public sealed record CreateInitiator
{
    /// <summary>The initiator's iSCSI name, or <c>*</c> for any.</summary>
    public required string Iqn { get; init; }

    /// <summary>CHAP user that it must prove; null: none asked for.</summary>
    public ChapPair? Chap { get; init; }

    /// <summary>What the target proves in return; null: nothing. Needs <see cref="Chap"/>.</summary>
    public ChapPair? Mutual { get; init; }
}

/// <summary>Body of <c>PATCH /api/v1/initiators/IQN</c>: what is absent stays as it is.</summary>
public sealed record ChangeInitiator
{
    /// <summary>New CHAP user and secret.</summary>
    public ChapPair? Chap { get; init; }

    /// <summary>New mutual CHAP user and secret.</summary>
    public ChapPair? Mutual { get; init; }

    /// <summary>Asks for no CHAP any more, in either direction.</summary>
    public bool RemoveChap { get; init; }

    /// <summary>Proves nothing in return any more.</summary>
    public bool RemoveMutual { get; init; }
}

/// <summary>A CHAP user and secret on their way in; secrets never travel out.</summary>
/// <param name="User">CHAP_N.</param>
/// <param name="Secret">The shared secret, 12 to 255 bytes.</param>
public sealed record ChapPair(string User, string Secret)
{
    /// <inheritdoc/>
    public override string ToString() => User + " (secret hidden)";
}
