using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Finds out whether the addresses of the target and of the NFS server can be listened on before disks are made or formatted for it.</summary>
internal static class PortCheck
{
    /// <summary>How another address for the target is given.</summary>
    public const string Iscsi = "--iscsi HOST:PORT";

    /// <summary>How another address for the NFS server is given.</summary>
    public const string Nfs = "--nfs HOST:PORT, or --nfs none for no NFS";

    /// <summary>How the port mapper is left to others.</summary>
    public const string PortMapper = "none: port mappers have one port; --port-mapper off leaves it to others";

    /// <summary>
    /// Listens on all endpoints at once, since one can be in the way of another, and lets go of them: what logs in before
    /// there are volumes would wait in vain. On the reactor.
    /// </summary>
    /// <param name="reactor">The reactor.</param>
    /// <param name="endpoints">Each with the option that chooses another, <see cref="Iscsi"/> or <see cref="Nfs"/>.</param>
    public static async ValueTask<Fault?> RunAsync(Reactor reactor, IEnumerable<(Endpoint Endpoint, string Option)> endpoints)
    {
        var listeners = new List<IListener>();
        Fault? fault = null;
        foreach (var (endpoint, option) in endpoints)
        {
            var listening = reactor.Listen(endpoint, backlog: 1);
            if (!listening.IsOk)
            {
                fault = Explain(listening.Fault, option);
                break;
            }

            listeners.Add(listening.Value);
        }

        foreach (var listener in listeners)
            await listener.CloseAsync();
        return fault;
    }

    /// <summary>Adds the option that chooses another address.</summary>
    public static Fault Explain(Fault fault, string option) =>
        fault with { Remedy = $"{fault.Remedy} Another address: {option}.".TrimStart() };
}
