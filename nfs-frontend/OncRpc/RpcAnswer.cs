namespace Uss.NfsFrontend.OncRpc;

/// <summary>How a call of ours ended.</summary>
public enum RpcOutcome
{
    /// <summary>It succeeded.</summary>
    Answered,

    /// <summary>The other side answered that it does not do it.</summary>
    Refused,

    /// <summary>It was sent, and no answer came: it may have been carried out.</summary>
    NoAnswer,

    /// <summary>It was not sent.</summary>
    NotSent,
}

/// <summary>The end of a call of ours.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Results">The results, when it succeeded.</param>
public readonly record struct RpcAnswer(RpcOutcome Outcome, byte[] Results)
{
    /// <summary>An end without results.</summary>
    public static RpcAnswer Without(RpcOutcome outcome) => new(outcome, []);
}
