using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.Host.Cluster;

/// <summary>What <c>uss dev</c> asks for, one request at a time.</summary>
internal sealed partial class LocalCluster
{
    private static LocalNodeView ViewOf(Member member) => new()
    {
        Name = member.Name,
        State = member.Child switch
        {
            null or { IsRunning: false } => "down",
            { IsFrozen: true } => "frozen",
            { IsReady: true } => "ready",
            _ when member.Name == "etcd" => "ready",
            _ => "starting",
        },
        ProcessId = member.Child is { IsRunning: true } child ? child.ProcessId : null,
    };

    private static Fault Conflict(Member member, string state, string remedy) =>
        new("node-conflict", $"{member.Name} is {state}.", remedy);

    private async Task<ControlAnswer> HandleAsync(ControlRequest request)
    {
        await _turn.WaitAsync();
        try
        {
            List<Member> all = _web is null ? [.. _nodes, _etcd!] : [.. _nodes, _etcd!, _web];
            if (request.Name is null)
                return new ControlAnswer(null, [.. all.Select(ViewOf)]);
            var name = char.IsAsciiDigit(request.Name.FirstOrDefault()) ? "node" + request.Name : request.Name;
            if (all.FirstOrDefault(member => member.Name == name) is not { } found)
            {
                return new ControlAnswer(
                    new Fault(
                        "node-not-found",
                        $"There is no node '{request.Name}' in this cluster.",
                        $"Use one of: {string.Join(", ", all.Select(member => member.Name))}."),
                    []);
            }

            if (_isStopping)
                return new ControlAnswer(Conflict(found, "stopping with the cluster", "Start the cluster again."), []);
            var fault = await DoAsync(request.Verb, found);
            return new ControlAnswer(fault, [ViewOf(found)]);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<Fault?> DoAsync(string verb, Member member)
    {
        var child = member.Child!;
        var isDown = !child.IsRunning;
        if (verb == "start")
        {
            return isDown
                ? await StartAgainAsync(member)
                : Conflict(member, "running already", $"See `uss dev ls`; a frozen one goes on with `uss dev thaw {member.Name}`.");
        }

        if (isDown)
            return Conflict(member, "not running", $"Start it with `uss dev start {member.Name}`.");
        _log.Information("{Verb} {Name}, as asked", verb, member.Name);
        switch (verb)
        {
            case "kill":
                member.IsAskedToEnd = true;
                child.Signal(ChildProcess.SignalKill);
                await child.Exited;
                return null;
            case "freeze" when child.IsFrozen:
                return Conflict(member, "frozen already", $"Let it go on with `uss dev thaw {member.Name}`.");
            case "freeze":
                child.Signal(ChildProcess.SignalStop);
                return null;
            case "thaw" when !child.IsFrozen:
                return Conflict(member, "not frozen", $"Freeze it with `uss dev freeze {member.Name}`.");
            case "thaw":
                child.Signal(ChildProcess.SignalContinue);
                return null;
            case "stop" when child.IsFrozen:
                return Conflict(member, "frozen and cannot stop", $"Thaw it first with `uss dev thaw {member.Name}`, or kill it.");
            case "stop":
                member.IsAskedToEnd = true;
                return await child.StopAsync(_options.StopLimit) ? null : new Fault(
                    "stop-incomplete",
                    $"{member.Name} did not stop in {_options.StopLimit.TotalSeconds:0.#} s and was killed.",
                    "Nothing acknowledged is lost: the next start recovers from the log.");
            default:
                return new Fault("bad-usage", $"There is no '{verb}'.", "See `uss dev --help`.");
        }
    }

    private async Task<Fault?> StartAgainAsync(Member member)
    {
        await LaunchAsync(member);
        var child = member.Child!;
        var limit = Task.Delay(_options.ReadyLimit);
        while (child.IsRunning && !_isStopping)
        {
            if (child.IsReady || (member == _etcd && await EtcdServer.IsReadyAsync(_layout)))
                return null;
            if (limit.IsCompleted)
                return NotReady(member, "is not ready in time; it goes on starting");
            await Task.Delay(_poll);
        }

        return NotReady(member, "has ended");
    }
}
