namespace Uss.Volumes.Addresses;

/// <summary>Keys of service addresses in the coordination store.</summary>
public static class ServiceAddressKeys
{
    /// <summary>The addresses: <see cref="ServiceAddress"/> records.</summary>
    public const string Addresses = "service-addresses/";

    /// <summary>Who serves them, under its lease: the name of a node.</summary>
    public const string Holders = "service-address-holders/";

    /// <summary>Homes that want theirs back from those that serve them: the name of the home.</summary>
    public const string Claims = "service-address-claims/";
}
