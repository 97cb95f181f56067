using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>Finds out whether the target's addresses can be listened on before disks are made or formatted for it.</summary>
internal static class PortCheck
{
    /// <summary>
    /// Listens on all endpoints at once, since one can be in the way of another, and lets go of them: what logs in before
    /// there are volumes would wait in vain. On the reactor.
    /// </summary>
    public static async ValueTask<Fault?> RunAsync(Reactor reactor, IReadOnlyList<Endpoint> endpoints)
    {
        var listeners = new List<IListener>(endpoints.Count);
        Fault? fault = null;
        foreach (var endpoint in endpoints)
        {
            var listening = reactor.Listen(endpoint, backlog: 1);
            if (!listening.IsOk)
            {
                fault = Explain(listening.Fault);
                break;
            }

            listeners.Add(listening.Value);
        }

        foreach (var listener in listeners)
            await listener.CloseAsync();
        return fault;
    }

    /// <summary>Adds the option that chooses another address.</summary>
    public static Fault Explain(Fault fault) => fault with { Remedy = $"{fault.Remedy} Another address: --iscsi HOST:PORT.".TrimStart() };
}
