using System.Globalization;
using System.Net.Sockets;
using Uss.Host.Cluster;
using Uss.Host.Serve;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>What people are told after a node was set up.</summary>
internal static class MembershipText
{
    private const int EtcdPort = 2379;
    private const int EtcdPeerPort = 2380;

    /// <summary>etcd's usual URL on a node's machine.</summary>
    public static Uri EtcdUrl(Endpoint listen) => new(Url(listen, EtcdPort));

    /// <summary>The next steps on the first machine.</summary>
    /// <param name="setup">The node.</param>
    /// <param name="folder">Its data folder.</param>
    /// <param name="ownEtcd">Where the node is, when etcd is yet to be started beside it; null: etcd was named.</param>
    public static string AfterInit(NodeFile setup, DataFolder folder, Endpoint? ownEtcd)
    {
        var etcd = ownEtcd is not { } listen ? "" : $"""

              etcd      etcd --name {setup.Name} --data-dir {folder.Path}/etcd \
                            --listen-client-urls {Url(listen, EtcdPort)} --advertise-client-urls {Url(listen, EtcdPort)} \
                            --listen-peer-urls {Url(listen, EtcdPeerPort)} --initial-advertise-peer-urls {Url(listen, EtcdPeerPort)} \
                            --initial-cluster {setup.Name}={Url(listen, EtcdPeerPort)} \
                            --experimental-watch-progress-notify-interval {EtcdServer.WatchProgressInterval} \
                            --auto-compaction-mode revision --auto-compaction-retention 10000
                        # one member: its loss stops changes; docs/guides/three-machines.md has three
            """;
        return $"""

            Next{etcd}
              serve     uss node --data {folder.Path}    # with --disk /dev/sdX for each disk, and --initiator IQN, the first time
              grow      uss cluster token --data {folder.Path}    # then `uss cluster join TOKEN` on the next machine
            """;
    }

    /// <summary>The next steps on a machine that joined.</summary>
    public static string AfterJoin(NodeFile setup, DataFolder folder) => $"""

        Next
          serve     uss node --data {folder.Path}    # with --disk /dev/sdX for each disk, the first time
          see       uss node ls --data {folder.Path}    # {setup.Name} is up once it serves
        """;

    /// <summary>Says so when the clocks of the two machines are far apart; null when they are not.</summary>
    public static string? ClockWarning(JoinGrant grant, DateTimeOffset now)
    {
        var ahead = now - grant.Clock;
        return ahead.Duration() < JoinRules.ClockTolerance ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"warning: this machine's clock is {ahead.Duration().TotalSeconds:0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} "
            + $"that of {grant.Host}. Nothing depends on it but the times in logs and records: set it (systemd-timesyncd, chrony).");
    }

    private static string Url(Endpoint listen, int port)
    {
        var host = listen.Address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{listen.Address}]" : $"{listen.Address}";
        return string.Create(CultureInfo.InvariantCulture, $"http://{host}:{port}");
    }
}
