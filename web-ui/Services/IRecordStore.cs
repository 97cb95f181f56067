using Uss.Coordination;
using Uss.Runtime;

namespace Uss.WebUi.Services;

/// <summary>The coordination store as code on the thread pool uses it.</summary>
public interface IRecordStore
{
    /// <summary>Reads all keys that start with <paramref name="prefix"/>, in key order.</summary>
    Task<CoordinationRead> ListAsync(string prefix);

    /// <summary>Applies all changes if every condition holds.</summary>
    Task<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes);
}

/// <summary>Reaches a reactor's coordination store from the thread pool.</summary>
/// <param name="reactor">The reactor that the store belongs to.</param>
/// <param name="store">The store.</param>
public sealed class ReactorRecordStore(Reactor reactor, ICoordinationStore store) : IRecordStore
{
    /// <inheritdoc/>
    public Task<CoordinationRead> ListAsync(string prefix) => reactor.InvokeAsync(() => store.ListAsync(prefix));

    /// <inheritdoc/>
    public Task<CoordinationCommit> CommitAsync(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes) =>
        reactor.InvokeAsync(() => store.CommitAsync(conditions, changes));
}
