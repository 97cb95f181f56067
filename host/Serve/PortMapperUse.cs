namespace Uss.Host.Serve;

/// <summary>Whether the NFS server is a port mapper, too: port 111 of the addresses that it listens on.</summary>
internal enum PortMapperUse
{
    /// <summary>On addresses that are not loopback, where nobody else is one and the process may listen there.</summary>
    Auto,

    /// <summary>On all addresses, or the service does not start.</summary>
    On,

    /// <summary>Nowhere: clients are told the ports.</summary>
    Off,
}
