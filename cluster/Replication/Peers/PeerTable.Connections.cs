using Uss.Replication.Rpc;
using Uss.Runtime;

namespace Uss.Replication;

// One connection a pair of nodes: the one whose name comes first dials.
public sealed partial class PeerTable
{
    private const long ShortestRetryNs = 20_000_000;
    private const long LongestRetryNs = 500_000_000;
    private const long ProbeTimeoutNs = 1_000_000_000;

    private int _tasks;

    // Runs for the life of a peer: dials where that is ours to do; otherwise finds out whether a lost peer is dead.
    private async ValueTask KeepConnectedAsync(Peer peer)
    {
        _tasks++;
        var isDialer = string.CompareOrdinal(Self, peer.Name) < 0;
        var delayNs = ShortestRetryNs;
        while (IsKnown(peer))
        {
            if (peer.Connection is not null)
            {
                await peer.Lost.WaitAsync();
                delayNs = ShortestRetryNs;
                continue;
            }

            if (isDialer)
                await DialAsync(peer);
            else if (!peer.IsProvenDead)
                await ProbeAsync(peer);
            if (peer.Connection is not null || !IsKnown(peer))
                continue;
            await _reactor.DelayAsync(delayNs);
            delayNs = Math.Min(delayNs * 2, LongestRetryNs);
        }

        _tasks--;
    }

    private bool IsKnown(Peer peer) => !_isClosing && _peers.GetValueOrDefault(peer.Name) == peer;

    private async ValueTask DialAsync(Peer peer)
    {
        var startedNs = _reactor.MonotonicNs;
        var dialed = await RpcConnection.ConnectAsync(peer.Endpoint, _self, _service, _rpcOptions);
        if (!dialed.IsOk)
        {
            TellRefusal(dialed.Fault);
            peer.Refusal = IsRefusal(dialed.Fault) ? dialed.Fault : null;
            Judge(peer, dialed.Fault, startedNs);
            return;
        }

        if (dialed.Value.Peer.NodeName != peer.Name || !IsKnown(peer))
        {
            dialed.Value.Abort($"node {dialed.Value.Peer.NodeName} answers at the address of {peer.Name}");
            await dialed.Value.CloseAsync();
            return;
        }

        Adopt(peer, dialed.Value);
    }

    private async ValueTask ProbeAsync(Peer peer)
    {
        var startedNs = _reactor.MonotonicNs;
        var probed = await _reactor.ConnectAsync(peer.Endpoint, ProbeTimeoutNs);
        if (probed.IsOk)
            await probed.Value.CloseAsync();
        else
            Judge(peer, probed.Fault, startedNs);
    }

    // A living node always listens, a frozen one too (its kernel answers): only a dead one refuses. One that was heard since
    // the attempt began has been started again: the refusal was meant for its former process.
    private void Judge(Peer peer, Fault fault, long startedNs)
    {
        var isRefused = fault.Code == "connection-refused" && peer.GrantedNs <= startedNs;
        if (!isRefused || peer.IsProvenDead || peer.Connection is not null)
            return;
        peer.IsProvenDead = true;
        Changed?.Invoke(peer);
    }

    private async ValueTask AcceptAsync(IListener listener)
    {
        _tasks++;
        while (!_isClosing)
        {
            var accepted = await listener.AcceptAsync();
            if (accepted.IsOk)
                _reactor.Spawn(WelcomeAsync(accepted.Value));
            else if (!_isClosing)
                await _reactor.DelayAsync(ShortestRetryNs);
        }

        _tasks--;
    }

    private async ValueTask WelcomeAsync(IConnection transport)
    {
        _tasks++;
        _arriving.Add(transport);
        var welcomed = await RpcConnection.AcceptAsync(transport, _self, _service, _rpcOptions);
        _arriving.Remove(transport);
        if (welcomed.IsOk)
        {
            // One that registered a moment ago may not have come by the watch yet; it dials again.
            if (Find(welcomed.Value.Peer.NodeName) is { } peer && !_isClosing)
                Adopt(peer, welcomed.Value);
            else
                welcomed.Value.Abort("the node is not known");
        }
        else
        {
            TellRefusal(welcomed.Fault);
        }

        _tasks--;
    }

    // Connections that are lost or time out are no news: a node that dies or is looked for makes such.
    private void TellRefusal(Fault fault)
    {
        if (IsRefusal(fault))
            _options.Refused?.Invoke(fault);
    }

    private static bool IsRefusal(Fault fault) =>
        fault.Code == RpcFaults.TlsCode || fault.Code.StartsWith(RpcFaults.RefusalCodes, StringComparison.Ordinal);

    private void Adopt(Peer peer, RpcConnection connection)
    {
        var former = peer.Connection;
        peer.Connection = connection;
        peer.IsProvenDead = false;
        peer.Refusal = null;
        peer.WasConnected = true;
        peer.IsHeard = false;
        peer.LeaseUntilNs = 0;

        // A second connection tells that the first is broken, whether or not this end has noticed.
        if (former is not null)
        {
            former.Abort("the node connected again");
            Changed?.Invoke(peer);
        }

        _reactor.Spawn(LoseLaterAsync(peer, connection));
        _reactor.Spawn(BeatAsync(peer, connection));
    }

    private async ValueTask LoseLaterAsync(Peer peer, RpcConnection connection)
    {
        _tasks++;
        await connection.WaitClosedAsync();
        if (peer.Connection == connection)
            Lose(peer);
        await connection.CloseAsync();
        _tasks--;
    }

    private void Lose(Peer peer)
    {
        peer.Connection = null;
        peer.LeaseUntilNs = 0;
        peer.SetDisks(default);
        peer.Lost.Raise();
        Changed?.Invoke(peer);
    }
}
