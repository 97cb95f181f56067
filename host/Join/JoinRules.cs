using System.Net;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>Rules for nodes on machines of their own.</summary>
internal static class JoinRules
{
    /// <summary>Shortest time that a token is good.</summary>
    public static readonly TimeSpan ShortestToken = TimeSpan.FromSeconds(10);

    /// <summary>Longest time that a token is good.</summary>
    public static readonly TimeSpan LongestToken = TimeSpan.FromDays(7);

    /// <summary>How far clocks may differ before somebody is told.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(30);

    /// <summary>Whether others can reach a node at an address.</summary>
    public static Fault? CheckListen(Endpoint listen) =>
        listen.Port > 0 && !listen.Address.Equals(IPAddress.Any) && !listen.Address.Equals(IPAddress.IPv6Any)
            ? null
            : new Fault(
                "bad-listen",
                $"Other nodes cannot reach a node at {listen}.",
                "Give the machine's own address and a port with --listen, for example 10.0.0.1:7400.");

    /// <summary>Whether other machines can reach etcd as this one does.</summary>
    public static Fault? CheckEtcd(Endpoint listen, IReadOnlyList<Uri> etcd) =>
        listen.IsLoopback || etcd.Any(url => !url.IsLoopback)
            ? null
            : new Fault(
                "bad-etcd",
                $"Other machines cannot reach etcd at {string.Join(", ", etcd.Select(url => url.GetLeftPart(UriPartial.Authority)))}.",
                "Give URLs with the machines' own addresses with --etcd, for example http://10.0.0.1:2379.");
}
