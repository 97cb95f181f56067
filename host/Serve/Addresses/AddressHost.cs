using System.Net;
using Serilog;
using Uss.Runtime;
using Uss.Volumes;
using Uss.Volumes.Addresses;

namespace Uss.Host.Serve.Addresses;

/// <summary>Serves service addresses at this node: puts them on a device of the machine where it has to, and has the NFS server listen.</summary>
internal sealed class AddressHost(Reactor reactor, BlockNode block, NfsService nfs, ILogger log) : IAddressHost
{
    /// <inheritdoc/>
    public async ValueTask<Fault?> TakeAsync(ServiceAddress address)
    {
        if (address.Prefix > 0 && await AwayAsync(() => AddressDevice.Put(address)) is { } fault)
            return fault;
        return nfs.Listen(EndpointOf(address));
    }

    /// <inheritdoc/>
    public void Keep(ServiceAddress address)
    {
        if (address.Prefix > 0)
            _ = Task.Run(() => AddressDevice.Put(address));
    }

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(ServiceAddress address)
    {
        await nfs.CloseAsync(EndpointOf(address));
        if (address.Prefix > 0)
            await AwayAsync(() => AddressDevice.Remove(address));
    }

    /// <inheritdoc/>
    public NodeReach ReachOf(string node) => block.ReachOf(node) ?? NodeReach.Silent;

    /// <inheritdoc/>
    public void Tell(ServiceAddress address, AddressEvent what, Fault? fault)
    {
        var endpoint = EndpointOf(address);
        switch (what)
        {
            case AddressEvent.Taken:
                log.Information("serves NFS at {Address}, whose home is {Home}", endpoint, address.Home);
                break;
            case AddressEvent.Left:
                log.Information("serves NFS at {Address} no more", endpoint);
                break;
            default:
                log.Warning("cannot serve NFS at {Address}: {Fault:l}", endpoint, fault?.ToString());
                break;
        }
    }

    private static Endpoint EndpointOf(ServiceAddress address) => new(IPAddress.Parse(address.Ip), address.Port);

    // Programs that are run would hold up the reactor.
    private async ValueTask<Fault?> AwayAsync(Func<Fault?> work)
    {
        var done = new TaskCompletionSource<Fault?>();
        _ = Task.Run(() =>
        {
            var fault = work();
            reactor.Post(static state => ((Action)state!)(), () => done.SetResult(fault));
        });
        return await done.Task;
    }
}
