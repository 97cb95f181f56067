using System.Text;
using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes.Addresses;

/// <summary>
/// This node's part in serving the cluster's service addresses: follows which there are and who serves each, and stands for them
/// (<see cref="AddressCandidate"/>).
/// </summary>
/// <remarks>
/// What is at stake is that clients wait no longer than needed, not data: a front-end that still answers by an address that has moved does
/// nothing that it could not do by its own one.
/// </remarks>
public sealed class ServiceAddresses
{
    private const long RetryNs = 500_000_000;

    private readonly Reactor _reactor;
    private readonly ICoordinationStore _store;
    private readonly Dictionary<string, AddressCandidate> _candidates = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _holders = new(StringComparer.Ordinal);
    private readonly HashSet<string> _claims = new(StringComparer.Ordinal);
    private readonly List<IWatch> _watches = [];
    private bool _isReading;
    private bool _isDue;
    private bool _isStopping;

    /// <summary>Creates it; nothing is served before <see cref="StartAsync"/>.</summary>
    /// <param name="reactor">The reactor that it runs on.</param>
    /// <param name="store">Where addresses and their holders are agreed on.</param>
    /// <param name="node">Name of this node.</param>
    /// <param name="host">This node.</param>
    public ServiceAddresses(Reactor reactor, ICoordinationStore store, string node, IAddressHost host)
    {
        (_reactor, _store, Node, Host) = (reactor, store, node, host);
    }

    internal string Node { get; }

    internal IAddressHost Host { get; }

    internal ICoordinationStore Store => _store;

    /// <summary>Addresses that this node serves at this moment.</summary>
    public IReadOnlyList<ServiceAddress> Served =>
        [.. _candidates.Values.Where(candidate => candidate.IsServing).Select(candidate => candidate.Address)];

    /// <summary>Registers this node's own addresses, and begins to stand for all.</summary>
    /// <param name="own">Those whose home it is.</param>
    public async ValueTask<Fault?> StartAsync(IReadOnlyList<ServiceAddress> own)
    {
        foreach (var address in own)
        {
            var put = new Change(address.Key, CoordinationJson.Write(address, VolumesJson.Default.ServiceAddress));
            if ((await _store.CommitAsync([], [put])).Status != CommitStatus.Applied)
            {
                return new Fault(
                    "records-unavailable", "The coordination store does not answer.", "See whether etcd runs, and start the node again.");
            }
        }

        foreach (var prefix in new[] { ServiceAddressKeys.Addresses, ServiceAddressKeys.Holders, ServiceAddressKeys.Claims })
        {
            var watch = _store.Watch(prefix, (await _store.ListAsync(prefix)).Revision);
            _watches.Add(watch);
            _reactor.Spawn(FollowAsync(watch));
        }

        Read();
        return null;
    }

    /// <summary>Gives up what it serves, so that others can go on at once.</summary>
    public async ValueTask StopAsync()
    {
        _isStopping = true;
        foreach (var watch in _watches)
            watch.Dispose();
        foreach (var candidate in _candidates.Values.ToList())
            await candidate.StopAsync();
    }

    internal int Load => _candidates.Values.Count(candidate => candidate.Counts);

    internal string? HolderOf(ServiceAddress address) => _holders.GetValueOrDefault(address.Ip);

    internal bool IsClaimed(ServiceAddress address) => _claims.Contains(address.Ip);

    private async ValueTask FollowAsync(IWatch watch)
    {
        while (!_isStopping)
        {
            await watch.NextAsync();
            Read();
        }
    }

    private void Read()
    {
        _isDue = true;
        if (_isReading)
            return;
        _isReading = true;
        _reactor.Spawn(ReadAsync());
    }

    private async ValueTask ReadAsync()
    {
        while (_isDue && !_isStopping)
        {
            _isDue = false;
            var addresses = await _store.ListAsync(ServiceAddressKeys.Addresses);
            var holders = await _store.ListAsync(ServiceAddressKeys.Holders);
            var claims = await _store.ListAsync(ServiceAddressKeys.Claims);
            if (_isStopping)
                break;
            if (addresses.IsAvailable && holders.IsAvailable && claims.IsAvailable)
            {
                Apply(addresses, holders, claims);
                continue;
            }

            _isDue = true;
            await _reactor.DelayAsync(RetryNs);
        }

        _isReading = false;
    }

    private void Apply(CoordinationRead addresses, CoordinationRead holders, CoordinationRead claims)
    {
        _holders.Clear();
        foreach (var holder in holders.Entries)
            _holders[holder.Key[ServiceAddressKeys.Holders.Length..]] = Encoding.UTF8.GetString(holder.Value.Span);
        _claims.Clear();
        _claims.UnionWith(claims.Entries.Select(claim => claim.Key[ServiceAddressKeys.Claims.Length..]));
        var wanted = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal);
        foreach (var entry in addresses.Entries)
        {
            var read = CoordinationJson.Read(entry.Key, entry.Value, VolumesJson.Default.ServiceAddress);
            if (read.IsOk)
                wanted[read.Value.Ip] = read.Value;
        }

        foreach (var (ip, candidate) in _candidates.ToList())
        {
            if (wanted.GetValueOrDefault(ip) == candidate.Address)
                continue;
            _candidates.Remove(ip);
            _reactor.Spawn(candidate.StopAsync());
        }

        foreach (var (ip, address) in wanted)
        {
            if (_candidates.ContainsKey(ip))
                continue;
            var candidate = new AddressCandidate(this, _reactor, address);
            _candidates.Add(ip, candidate);
            _reactor.Spawn(candidate.RunAsync());
        }
    }
}
