using System.CommandLine;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cli;

/// <summary><c>uss address ...</c></summary>
internal static class AddressCommands
{
    public static Verb Create() => new Verb("address", "Addresses that NFS clients mount: another node serves them when theirs is down").With(
        Set(), List(), Remove());

    private static Verb Set()
    {
        var address = Address("The address, perhaps with a port, perhaps with the length of its network");
        var home = new Option<string?>("--home") { Description = "The node that serves it while it can [default: the one with the fewest]", HelpName = "NODE" };
        return new Verb(
            "set",
            "Make an address, or change it; its clients lose their connections and make new ones",
            "uss address set 192.0.2.100/24               # nodes put it on their devices in 192.0.2.0/24",
            "uss address set 192.0.2.100/24 --home n2").With(address, home).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var given = ServiceAddressText.Parse("ADDRESS", parsed.GetRequiredValue(address), home: "");
            var body = new SetServiceAddress { Ip = given.Ip, Prefix = given.Prefix, Port = given.Port, Home = parsed.GetValue(home) };
            var made = await api.PutAsync<SetServiceAddress, ServiceAddressView>("service-addresses", body, cancel);
            GlobalOptions.PrinterOf(parsed).Done(made, $"{Text(made)} is at home at node {made.Home}");
        });
    }

    private static Verb List() => new Verb("ls", "List the addresses and who serves them", "uss address ls").Does(async (parsed, cancel) =>
    {
        using var api = new ApiClient(GlobalOptions.DataOf(parsed));
        GlobalOptions.PrinterOf(parsed).List(
            await api.ListAsync<ServiceAddressView>("service-addresses", cancel),
            ("address", Text),
            ("home", address => address.Home),
            ("served by", address => address.Node ?? "-"));
    });

    private static Verb Remove()
    {
        var address = Address("The address");
        return new Verb(
            "rm",
            "Remove an address; clients that have mounted it wait for it for ever",
            "uss address rm 192.0.2.100                   # asks for the address",
            "uss address rm 192.0.2.100 --confirm 192.0.2.100").With(address, Confirmation.Option).Does(async (parsed, cancel) =>
        {
            using var api = new ApiClient(GlobalOptions.DataOf(parsed));
            var ip = ServiceAddressText.Parse("ADDRESS", parsed.GetRequiredValue(address), home: "").Ip;
            Confirmation.Obtain(parsed, "service address", ip, $"Clients that have mounted {ip} wait for ever.");
            var removed = await api.DeleteAsync<ServiceAddressView>(
                $"service-addresses/{Uri.EscapeDataString(ip)}?confirm={Uri.EscapeDataString(ip)}", cancel);
            GlobalOptions.PrinterOf(parsed).Done(removed, $"{removed.Ip} is served no more");
        });
    }

    private static string Text(ServiceAddressView address) => ServiceAddressText.Format(address.Ip, address.Prefix, address.Port);

    private static Argument<string> Address(string description) => new("ADDRESS") { Description = description };
}
