using Uss.Runtime;

namespace Uss.Volumes.Addresses;

/// <summary>What <see cref="ServiceAddresses"/> needs of the node that it runs on.</summary>
public interface IAddressHost
{
    /// <summary>Begins to serve an address; null when it does. It is asked again after a fault.</summary>
    ValueTask<Fault?> TakeAsync(ServiceAddress address);

    /// <summary>Keeps what <see cref="TakeAsync"/> has begun; called every second while the address is served.</summary>
    void Keep(ServiceAddress address);

    /// <summary>Serves an address no more: its clients' connections end.</summary>
    ValueTask LeaveAsync(ServiceAddress address);

    /// <summary>How another node is reached from here; <see cref="NodeReach.Silent"/> for one that is not known.</summary>
    NodeReach ReachOf(string node);

    /// <summary>Told what people should know.</summary>
    void Tell(ServiceAddress address, AddressEvent what, Fault? fault);
}

/// <summary>What happened to a service address at this node.</summary>
public enum AddressEvent
{
    /// <summary>This node serves it.</summary>
    Taken,

    /// <summary>This node serves it no more.</summary>
    Left,

    /// <summary>This node was to serve it and cannot.</summary>
    Failed,
}
