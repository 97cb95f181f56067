using System.Runtime.InteropServices;
using Uss.Replication.Rpc;

namespace Uss.Replication;

public sealed partial class PeerTable
{
    // Of every peer: groups may have been taken over, by this process or an earlier one, while it stood still.
    private long _requiredRevision;

    /// <summary>
    /// Whether this node may become primary in a peer's place: its last promise to the peer is over, or the peer's process
    /// is gone.
    /// </summary>
    public bool MayReplace(Peer peer) =>
        peer.IsProvenDead || _reactor.MonotonicNs - peer.GrantedNs > _options.GraceNs;

    /// <summary>True while the peer's answers come too late for leases again and again.</summary>
    public bool IsSlow(Peer peer) => peer.Link.IsPoor(_reactor.MonotonicNs);

    /// <summary>
    /// True when every other node that is not dead answers this one too late, and there are several: what they share is this node,
    /// so it is itself what is slow.
    /// </summary>
    public bool IsSelfSlow
    {
        get
        {
            var slow = 0;
            foreach (var peer in _peers.Values)
            {
                if (IsSlow(peer))
                    slow++;
                else if (peer.IsConnected)
                    return false;
            }

            return slow > 1;
        }
    }

    /// <summary>A takeover from the peer is about to be committed: from here on it gets no lease.</summary>
    public static void BeginTakeover(Peer peer) => peer.Takeovers++;

    /// <summary>The takeover has an outcome. The peer's leases count again once it knows what was committed.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="revision">Revision of the commit; 0 when there was none.</param>
    public static void EndTakeover(Peer peer, long revision)
    {
        peer.Takeovers--;
        peer.RequiredRevision = Math.Max(peer.RequiredRevision, revision);
    }

    /// <summary>This node has become primary of a group by a commit of that revision: who gets a lease has to know of it.</summary>
    public void NoteStart(long revision) => _requiredRevision = Math.Max(_requiredRevision, revision);

    /// <summary>Answers a peer that asks for a lease.</summary>
    internal void Grant(RpcRequest request)
    {
        var isGranted = false;
        var told = request.Arguments.To<HeartbeatQuestion>().FenceNumber;
        request.Connection.FenceNumber = Math.Max(request.Connection.FenceNumber, told);
        var required = 0L;
        if (Find(request.Peer.NodeName) is { } peer)
        {
            required = Math.Max(peer.RequiredRevision, _requiredRevision);
            isGranted = peer.Takeovers == 0 && request.Connection.FenceNumber >= _fence.Number;
            if (isGranted)
                peer.GrantedNs = _reactor.MonotonicNs;
        }

        var sharers = _peers.Count + 1;
        var disks = _content.LocalDisks
            .Select(disk => new WireDisk { Id = disk.DiskId, FreeBytes = disk.Share(request.Peer.NodeName, sharers) })
            .ToArray();
        request.Answer = RpcArguments.From(new HeartbeatAnswer
        {
            RequiredRevision = required,
            IsGranted = isGranted ? 1u : 0,
            Disks = (uint)disks.Length,
            Token = _reactor.MonotonicNs,
        });
        request.AnswerDetails = MemoryMarshal.AsBytes<WireDisk>(disks).ToArray();
    }

    private void Ask(RpcCall call)
    {
        call.Operation = (byte)RemoteOperation.Heartbeat;
        call.Arguments = RpcArguments.From(new HeartbeatQuestion { FenceNumber = _fence.Number });
    }

    // Not to be held up until the next question: this node's operations are refused until then.
    private void TellFence()
    {
        foreach (var peer in _peers.Values)
        {
            if (peer.Connection is { IsOpen: true } connection)
                _reactor.Spawn(TellFenceAsync(connection));
        }
    }

    private async ValueTask TellFenceAsync(RpcConnection connection)
    {
        _tasks++;
        var call = connection.Rent();
        Ask(call);
        await connection.CallAsync(call, _options.LeaseNs);
        connection.Return(call);
        _tasks--;
    }

    // Asks one peer for leases while the connection lasts.
    private async ValueTask BeatAsync(Peer peer, RpcConnection connection)
    {
        _tasks++;
        var heardNs = _reactor.MonotonicNs;

        // Without its lease nothing can be read, so it is given up not long after that has run out.
        var silenceNs = _options.LeaseNs * 3 / 2;
        var isFirst = true;
        while (connection.IsOpen && !_isClosing)
        {
            var sentNs = _reactor.MonotonicNs;
            var call = connection.Rent();
            Ask(call);
            peer.NoteQuestion();
            var status = await connection.CallAsync(call, Math.Max(1, heardNs + silenceNs - sentNs));
            var isChanged = false;
            if (status == RpcStatus.Ok && peer.Connection == connection)
            {
                heardNs = _reactor.MonotonicNs;
                if (heardNs - sentNs >= _options.LeaseNs)
                    peer.Link.NoteLate(heardNs);
                var answer = call.Answer.To<HeartbeatAnswer>();
                if (answer.IsGranted != 0 && answer.RequiredRevision <= _content.AppliedRevision)
                {
                    isChanged = peer.LeaseUntilNs < sentNs;
                    peer.LeaseUntilNs = Math.Max(peer.LeaseUntilNs, sentNs + _options.LeaseNs);
                }

                peer.Tokens.Add(heardNs, answer.Token);
                peer.Sharers = _peers.Count + 1;
                isChanged |= peer.SetDisks(MemoryMarshal.Cast<byte, WireDisk>(call.AnswerDetails.Span)) | isFirst;
                peer.IsHeard = true;
                isFirst = false;
            }

            connection.Return(call);
            if (isChanged)
                Changed?.Invoke(peer);
            if (_reactor.MonotonicNs - heardNs >= silenceNs)
            {
                peer.Link.NoteLate(_reactor.MonotonicNs);
                connection.Abort("the node is silent");
            }
            else if (connection.IsOpen)
            {
                await _reactor.DelayAsync(_options.HeartbeatNs);
            }
        }

        _tasks--;
    }
}
