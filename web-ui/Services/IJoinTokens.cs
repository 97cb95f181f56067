using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Makes tokens with which machines join the cluster.</summary>
public interface IJoinTokens
{
    /// <summary>Makes a token that is good once. Faults: a time that cannot be, no cluster, no coordination store.</summary>
    /// <param name="valid">How long it is good.</param>
    Task<Result<JoinTokenView>> MakeAsync(TimeSpan valid);
}

/// <summary>A node that is alone has nothing to join.</summary>
public sealed class NoJoinTokens : IJoinTokens
{
    /// <inheritdoc/>
    public Task<Result<JoinTokenView>> MakeAsync(TimeSpan valid) => Task.FromResult<Result<JoinTokenView>>(new Fault(
        "no-cluster",
        "This node is alone: there is no cluster that another machine could join.",
        "Make a cluster with `uss cluster init` in a new data folder."));
}
