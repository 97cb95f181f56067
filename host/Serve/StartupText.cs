using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>What the service prints when it serves: one line for programs that wait for it, then how to attach.</summary>
internal static class StartupText
{
    /// <summary>The line that starts with <c>ready</c>.</summary>
    public static string Ready(StatusView status) =>
        $"ready: iSCSI target {status.Target} on {string.Join(", ", status.Portals)} with {Count(status.Luns, "LUN")}, "
        + (status.Nfs.Count == 0 ? "" : $"NFS on {string.Join(", ", status.Nfs)} with {Count(status.Exports, "export")}, ")
        + $"{Count(status.Disks, "disk")} ({status.State})";

    /// <summary>How to attach from Linux, Windows and QEMU.</summary>
    /// <param name="status">The service.</param>
    /// <param name="portal">Where the target listens.</param>
    /// <param name="mount">How to mount an export; null when there is none, or the NFS server listens nowhere.</param>
    /// <param name="folder">The data folder, which commands must be told when it is not the default.</param>
    public static string Attach(StatusView status, Endpoint portal, string? mount, DataFolder folder)
    {
        var nfs = mount is null ? "" : $"\nMount       {mount}";
        var export = folder.Path == new DataFolder("data").Path ? "" : $"export USS_DATA={folder.Path}; ";
        var address = portal.Address.Equals(System.Net.IPAddress.Any) || portal.Address.Equals(System.Net.IPAddress.IPv6Any)
            ? "ADDRESS"
            : portal.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{portal.Address}]" : $"{portal.Address}";
        return $"""

            Attach the LUNs
              Linux     iscsiadm -m discovery -t sendtargets -p {address}:{portal.Port}
                        iscsiadm -m node -T {status.Target} -p {address}:{portal.Port} --login
                        lsblk -S    # the new disks; detach with --logout in place of --login
              Windows   New-IscsiTargetPortal -TargetPortalAddress {address.Trim('[', ']')} -TargetPortalPortNumber {portal.Port}
                        Connect-IscsiTarget -NodeAddress {status.Target}
                        Get-Disk | Where-Object BusType -eq iSCSI    # bring it online and format it
              QEMU      qemu-system-x86_64 -drive file=iscsi://{address}:{portal.Port}/{status.Target}/0,format=raw,if=virtio{nfs}
            Manage      {export}./uss status, ./uss volume create v1 --size 50G, ./uss lun map v1 --lun 1, ./uss --help
            Stop        Ctrl-C
            """;
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
