using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Replication;

/// <summary>What all placement groups of one reactor share.</summary>
public sealed class GroupContext
{
    /// <summary>Creates the context of a reactor.</summary>
    public GroupContext(Reactor reactor, ICoordinationStore coordination)
    {
        Reactor = reactor;
        Records = new GroupRecordStore(reactor, coordination);
        Locks = new RangeLock(reactor);
    }

    /// <summary>The reactor.</summary>
    public Reactor Reactor { get; }

    /// <summary>Figures of all groups together.</summary>
    public ReplicationCounters Counters { get; } = new();

    internal GroupRecordStore Records { get; }

    internal RangeLock Locks { get; }

    internal FanOutPool FanOuts { get; } = new();
}
