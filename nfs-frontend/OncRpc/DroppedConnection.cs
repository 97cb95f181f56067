using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>A connection that this side ended.</summary>
/// <param name="Client">The client.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsMisuse">
/// The client broke the protocol or was one too many; false for what happens every day: it went away, or said nothing for long.
/// </param>
public readonly record struct DroppedConnection(Endpoint Client, string Reason, bool IsMisuse);
