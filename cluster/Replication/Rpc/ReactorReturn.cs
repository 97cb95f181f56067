using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>Awaited, it goes on on the reactor's thread: at once when that is the present one.</summary>
/// <param name="reactor">The reactor.</param>
internal readonly struct ReactorReturn(Reactor reactor) : ICriticalNotifyCompletion
{
    public bool IsCompleted => reactor.IsCurrent;

    public ReactorReturn GetAwaiter() => this;

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation) =>
        reactor.Post(static continuation => ((Action)continuation!).Invoke(), continuation);

    public void GetResult() => Invariant.Check(reactor.IsCurrent);
}
