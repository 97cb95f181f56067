using System.Net;
using System.Text;
using Uss.Coordination;
using Uss.Runtime;
using Uss.Volumes;
using Uss.Volumes.Addresses;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>Addresses that NFS clients mount, and that move between nodes.</summary>
/// <param name="records">The records.</param>
public sealed class ServiceAddressService(IRecordStore records)
{
    private const int NfsPort = 2049;
    private const string NodePrefix = "nodes/";

    /// <summary>All addresses, and who serves them.</summary>
    public async Task<Result<IReadOnlyList<ServiceAddressView>>> ListAsync()
    {
        var addresses = await records.ListAsync(ServiceAddressKeys.Addresses);
        var holders = await records.ListAsync(ServiceAddressKeys.Holders);
        if (!addresses.IsAvailable || !holders.IsAvailable)
            return Faults.RecordsUnavailable;
        var serving = holders.Entries.ToDictionary(
            entry => entry.Key[ServiceAddressKeys.Holders.Length..], entry => Encoding.UTF8.GetString(entry.Value.Span), StringComparer.Ordinal);
        var read = CoordinationJson.ReadAll(addresses, ServiceAddressKeys.Addresses, VolumesJson.Default.ServiceAddress);
        return read.IsOk
            ? Result<IReadOnlyList<ServiceAddressView>>.Ok([.. read.Value.Values.Select(record => View(record, serving.GetValueOrDefault(record.Ip)))])
            : read.Fault;
    }

    /// <summary>Makes an address, or changes it: clients lose their connections to it and make new ones.</summary>
    public async Task<Result<ServiceAddressView>> SetAsync(SetServiceAddress request)
    {
        if (!IPAddress.TryParse(request.Ip, out var ip))
            return Faults.Bad("address", $"'{request.Ip}' is no address.", "Give one as 192.0.2.100.");
        var all = await ListAsync();
        if (!all.IsOk)
            return all.Fault;
        var present = all.Value.FirstOrDefault(address => address.Ip == ip.ToString());
        var most = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128;
        var prefix = request.Prefix ?? present?.Prefix ?? 0;
        var port = request.Port ?? present?.Port ?? NfsPort;
        if (prefix < 0 || prefix > most || port is < 1 or > 65535)
        {
            return Faults.Bad(
                "address", $"{request.Ip} cannot have network length {prefix} and port {port}.", $"Give a length up to {most} and a port up to 65535.");
        }

        var nodes = await records.ListAsync(NodePrefix);
        if (!nodes.IsAvailable)
            return Faults.RecordsUnavailable;
        var names = nodes.Entries.Select(entry => entry.Key[NodePrefix.Length..]).ToList();
        var home = request.Home ?? present?.Home ?? names.MinBy(name => all.Value.Count(address => address.Home == name));
        if (home is null || !names.Contains(home))
        {
            return Faults.Bad(
                "home", $"There is no node '{home}'.", "See the nodes of the cluster with `uss node ls`; one that is alone needs no such addresses.");
        }

        var record = new ServiceAddress { Ip = ip.ToString(), Prefix = prefix, Port = port, Home = home };
        var put = new Change(record.Key, CoordinationJson.Write(record, VolumesJson.Default.ServiceAddress));
        return (await records.CommitAsync([], [put])).Status == CommitStatus.Applied ? View(record, present?.Node) : Faults.RecordsUnavailable;
    }

    /// <summary>Removes an address.</summary>
    /// <param name="ip">The address.</param>
    /// <param name="confirm">Must repeat it: clients that have mounted it wait for ever.</param>
    public async Task<Result<ServiceAddressView>> RemoveAsync(string ip, string? confirm)
    {
        var all = await ListAsync();
        if (!all.IsOk)
            return all.Fault;
        if (all.Value.FirstOrDefault(address => address.Ip == ip) is not { } found)
            return new Fault("address-not-found", $"There is no service address {ip}.", "List them with `uss address ls`.");
        if (confirm != ip)
            return Faults.ConfirmationRequired("service address", ip);
        var commit = await records.CommitAsync([], [new Change(ServiceAddressKeys.Addresses + ip, null)]);
        return commit.Status == CommitStatus.Applied ? found : Faults.RecordsUnavailable;
    }

    private static ServiceAddressView View(ServiceAddress record, string? node) => new()
    {
        Ip = record.Ip,
        Prefix = record.Prefix,
        Port = record.Port,
        Home = record.Home,
        Node = node,
    };
}
