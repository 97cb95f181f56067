using System.Net;
using System.Net.Sockets;
using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.NfsFrontend.PortMap;

/// <summary>One version of a program and where it is.</summary>
/// <param name="Program">The program's number.</param>
/// <param name="Version">Its version.</param>
/// <param name="Transport">What it is reached by.</param>
/// <param name="Port">Its port.</param>
public readonly record struct PortMapEntry(uint Program, uint Version, RpcTransport Transport, int Port);

/// <summary>The programs of this server and their ports; filled before it is served.</summary>
public sealed class PortMapTable
{
    private readonly List<PortMapEntry> _entries = [];

    /// <summary>All entries, in the order in which they were added.</summary>
    public IReadOnlyList<PortMapEntry> All => _entries;

    /// <summary>Adds all versions of a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="listening">Where it is served; all addresses of IPv6 are taken to include those of IPv4.</param>
    /// <param name="isDatagram">Whether over UDP, and not TCP.</param>
    public void Add(IRpcProgram program, Endpoint listening, bool isDatagram)
    {
        var isVersion6 = listening.Address.AddressFamily == AddressFamily.InterNetworkV6;
        for (var version = program.LowestVersion; version <= program.HighestVersion; version++)
        {
            if (!isVersion6 || listening.Address.Equals(IPAddress.IPv6Any))
                Add(new PortMapEntry(program.Number, version, RpcTransports.Of(false, isDatagram), listening.Port));
            if (isVersion6)
                Add(new PortMapEntry(program.Number, version, RpcTransports.Of(true, isDatagram), listening.Port));
        }
    }

    /// <summary>Adds one entry, unless there is such a one already: a server on several addresses.</summary>
    public void Add(PortMapEntry entry)
    {
        if (!_entries.Contains(entry))
            _entries.Add(entry);
    }

    /// <summary>
    /// The port of a program; 0 when there is none. A version that is not there is answered with the port of another one, so that the
    /// caller learns there which versions there are.
    /// </summary>
    public int Find(uint program, uint version, RpcTransport transport, bool isExact)
    {
        var found = 0;
        foreach (var entry in _entries)
        {
            if (entry.Program != program || entry.Transport != transport)
                continue;
            if (entry.Version == version)
                return entry.Port;
            if (!isExact && found == 0)
                found = entry.Port;
        }

        return found;
    }
}
