using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Uss.Runtime;
using Uss.Volumes.Addresses;

namespace Uss.Host.Serve.Addresses;

/// <summary>Puts an address on the network device of this machine that is in the address's network, by <c>ip</c> of iproute2.</summary>
/// <remarks>
/// It is put there for a few seconds at a time: the kernel takes it away by itself when this process is gone or stands still, so that no two
/// machines have it for long.
/// </remarks>
internal static class AddressDevice
{
    private const int LifetimeSeconds = 5;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2);

    /// <summary>Puts the address there, or keeps it there for some seconds more, and tells the neighbours. Null when done.</summary>
    public static Fault? Put(ServiceAddress address)
    {
        if (Find(address) is not { } device)
        {
            return new Fault(
                "address-without-device",
                $"No device of this machine is in the network of {address.Ip}/{address.Prefix}.",
                "Give the machine an address of its own in that network, or give the service address another one with `uss address set`.");
        }

        var seconds = LifetimeSeconds.ToString(CultureInfo.InvariantCulture);
        var fault = Run(
            "addr", "replace", $"{address.Ip}/{address.Prefix}", "dev", device.Name, "valid_lft", seconds, "preferred_lft", seconds);
        if (fault is null)
            GratuitousArp.Send(IPAddress.Parse(address.Ip), device);
        return fault;
    }

    /// <summary>Takes the address away. Null when done.</summary>
    public static Fault? Remove(ServiceAddress address) =>
        Find(address) is { } device ? Run("addr", "del", $"{address.Ip}/{address.Prefix}", "dev", device.Name) : null;

    private static NetworkInterface? Find(ServiceAddress address)
    {
        var network = IPNetwork.Parse($"{Masked(IPAddress.Parse(address.Ip), address.Prefix)}/{address.Prefix}");
        return NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(device => device.GetIPProperties().UnicastAddresses.Any(own =>
            network.Contains(own.Address) && own.Address.ToString() != address.Ip));
    }

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }

    private static Fault? Run(params string[] arguments)
    {
        try
        {
            using var program = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true })!;
            var error = program.StandardError.ReadToEnd().Trim();
            if (!program.WaitForExit(_limit))
                program.Kill();
            return program.ExitCode == 0 ? null : Refused(error);
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            return Refused(exception.Message);
        }
    }

    private static Fault Refused(string reason) => new(
        "address-refused",
        $"The machine does not take the service address: {reason}",
        "Run the node as root, or with the capability CAP_NET_ADMIN, and with Debian's package iproute2.");
}
