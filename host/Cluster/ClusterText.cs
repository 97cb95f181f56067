using Uss.Host.Serve;
using Uss.Host.Web;
using Uss.WebUi.Services;

namespace Uss.Host.Cluster;

/// <summary>How to attach to a cluster on this machine, and how to rehearse failures.</summary>
internal static class ClusterText
{
    public static string Attach(ClusterFolder folder, ClusterLayout layout, IReadOnlyList<string> addresses, bool hasWeb)
    {
        var export = folder.Data.Path == new DataFolder("data").Path ? "" : $"export USS_DATA={folder.Data.Path}; ";
        var target = ServeOptions.TargetIqn;
        var portals = string.Join(' ', addresses.Select(address => $"{address}:{layout.IscsiPort}"));
        var web = hasWeb
            ? $"curl -H \"Authorization: Bearer $(cat {WebToken.PathIn(folder.Web)})\" http://127.0.0.1:{layout.WebPort}/api/v1/status"
            : "the web API does not run, see its log";
        var nfs = layout.NfsPort is not { } port || port == 0 ? "no NFS server listens"
            : ExportService.MountLine([$"{addresses[0]}:{port}"], "/" + ServeOptions.DefaultFileSystem) + "   # or by any other node";
        return $"""

            Attach the LUNs, by one path a node
              Linux     for portal in {portals}; do
                            iscsiadm -m discovery -t sendtargets -p $portal
                            iscsiadm -m node -T {target} -p $portal --login
                        done; multipath -ll
              QEMU      qemu-system-x86_64 -drive file=iscsi://{addresses[0]}:{layout.IscsiPort}/{target}/0,format=raw,if=virtio
            Mount       {nfs}
            Manage      {export}./uss status, ./uss volume create v1 --size 50G, ./uss lun map v1 --lun 1, ./uss --help
            Web API     {web}
            Rehearse    ./uss dev kill node1, ./uss dev start node1, ./uss dev freeze node2, ./uss dev thaw node2, ./uss dev ls
            Stop        Ctrl-C
            """;
    }
}
