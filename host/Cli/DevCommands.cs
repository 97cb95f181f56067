using System.CommandLine;
using System.Globalization;
using Uss.Host.Cluster;

namespace Uss.Host.Cli;

/// <summary><c>uss dev ...</c>: rehearses failures on a cluster of one machine.</summary>
internal static class DevCommands
{
    public static Verb Create() => new Verb("dev", "Rehearse failures on the cluster that `uss serve --nodes N` runs on this machine").With(
        Change("kill", "Kill a node as a crash would (SIGKILL); it stays down until it is started", "is killed", "uss dev kill node1", "uss dev kill 1"),
        Change("freeze", "Freeze a node (SIGSTOP): it holds its connections and answers nothing", "is frozen", "uss dev freeze node2"),
        Change("thaw", "Let a frozen node go on (SIGCONT)", "goes on", "uss dev thaw node2"),
        Change("stop", "Stop a node in order (SIGTERM) and wait for its end", "has stopped", "uss dev stop node3"),
        Change("start", "Start a node that is down and wait until it serves", "serves", "uss dev start node1", "uss dev start etcd"),
        List());

    private static Verb Change(string name, string description, string done, params string[] examples)
    {
        var node = new Argument<string>("NODE") { Description = "The node: node1 or 1; or etcd, or web" };
        return new Verb(name, description, examples).With(node).Does(async (parsed, cancel) =>
        {
            var request = new ControlRequest(name, parsed.GetRequiredValue(node));
            var changed = await ControlClient.AskAsync(new ClusterFolder(GlobalOptions.DataOf(parsed)), request, cancel);
            GlobalOptions.PrinterOf(parsed).Done(changed[0], $"{changed[0].Name} {done}");
        });
    }

    private static Verb List() => new Verb("ls", "List the nodes, etcd and web with their processes", "uss dev ls", "uss dev ls -o json")
        .Does(async (parsed, cancel) => GlobalOptions.PrinterOf(parsed).List(
            await ControlClient.AskAsync(new ClusterFolder(GlobalOptions.DataOf(parsed)), new ControlRequest("ls", null), cancel),
            ("name", node => node.Name),
            ("state", node => node.State),
            ("process", node => node.ProcessId?.ToString(CultureInfo.InvariantCulture) ?? "-")));
}
