using System.Net;
using System.Net.Sockets;

namespace Uss.Benchmarks.Rig;

/// <summary>Ports of loopback that nobody uses.</summary>
internal static class FreePort
{
    /// <summary>So many different ones. Another program may take one before its server does; the kernel hands them out in turn, though.</summary>
    public static int[] Take(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        try
        {
            listeners.ForEach(listener => listener.Start());
            return [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        }
        finally
        {
            listeners.ForEach(listener => listener.Dispose());
        }
    }
}
