using System.Security.Cryptography;
using Uss.Coordination;
using Uss.Host.Serve;
using Uss.Runtime;
using Uss.Volumes;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.Host.Join;

/// <summary>Makes tokens on a running node. From any thread.</summary>
/// <param name="reactor">The reactor.</param>
/// <param name="coordination">The coordination store.</param>
/// <param name="block">Knows the other nodes.</param>
/// <param name="cluster">The cluster and this node.</param>
internal sealed class TokenMint(Reactor reactor, ICoordinationStore coordination, BlockNode block, ClusterMembership cluster) : IJoinTokens
{
    private readonly JoinRegister _register = new(coordination, reactor);

    /// <inheritdoc/>
    public async Task<Result<JoinTokenView>> MakeAsync(TimeSpan valid)
    {
        if (valid < JoinRules.ShortestToken || valid > JoinRules.LongestToken)
        {
            return new Fault(
                "bad-expiry", $"{valid.TotalSeconds:0} s is no time for a token to be good.", "Give 10 seconds to 7 days, for example 1h.");
        }

        if (JoinRules.CheckEtcd(cluster.Listen, cluster.Etcd) is { } unreachable)
            return unreachable;
        var id = RandomNumberGenerator.GetBytes(JoinToken.IdBytes);
        var secret = JoinKeys.SecretOf(cluster.ClusterId, cluster.Key, id);
        var nodes = await reactor.InvokeAsync(() => ValueTask.FromResult(block.Nodes));
        var token = new JoinToken
        {
            ClusterId = cluster.ClusterId,
            Id = id,
            Secret = secret,
            Addresses = AddressesOf(nodes),
        };
        if (await reactor.InvokeAsync(() => _register.AddTokenAsync(JoinKeys.HashOf(id, secret), cluster.Name, valid)) is { } fault)
            return fault;
        return new JoinTokenView
        {
            Token = token.ToText(),
            ValidSeconds = (long)valid.TotalSeconds,
            Cluster = cluster.ClusterId,
            Addresses = [.. token.Addresses.Select(address => address.ToString())],
        };
    }

    // This node first, then others that are up.
    private List<Endpoint> AddressesOf(IReadOnlyList<MemberNode> nodes)
    {
        var addresses = new List<Endpoint> { cluster.Listen };
        foreach (var node in nodes.Where(node => node.Name != cluster.Name && node.Reach == NodeReach.Up))
        {
            if (addresses.Count < JoinToken.MostAddresses && Endpoint.TryParse(node.Address, out var address))
                addresses.Add(address);
        }

        return addresses;
    }
}
