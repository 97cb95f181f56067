using System.Net;
using Serilog;
using Uss.NfsFrontend;
using Uss.NfsFrontend.Exports;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Host.Serve;

/// <summary>Starts the NFS front-end of a node.</summary>
internal static class NfsService
{
    public static async ValueTask<Result<NfsServer>> StartAsync(Reactor reactor, BlockNode block, IReadOnlyList<Endpoint> endpoints, ILogger log)
    {
        var server = new NfsServer(
            block, reactor, new byte[32], null, (client, reason) => log.Warning("NFS: {Client} is disconnected: {Reason:l}", client.ToString(), reason));
        server.FileSystems.Add(1, block.Pools.First().Record.Id);
        server.Exports = new ExportTable(
        [
            new Export
            {
                Id = 1,
                Path = "/default",
                FileSystem = 1,
                ShowsVolumes = true,
                Rules = [new ExportRule { Clients = IPNetwork.Parse("0.0.0.0/0"), Squash = Squash.None }],
            },
        ]);
        foreach (var endpoint in endpoints)
        {
            var listening = server.Listen(endpoint);
            if (!listening.IsOk)
            {
                await server.StopAsync();
                return listening.Fault;
            }
        }

        return server;
    }
}
