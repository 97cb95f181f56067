using System.Text;
using Uss.Coordination;
using Uss.Runtime;

namespace Uss.Volumes.Addresses;

/// <summary>
/// This node as one of those that may serve an address. Its home does whenever it can; another one when the home's process is known to be
/// gone, or when nobody has served the address for a while. Who serves it for the home gives it back when that asks for it.
/// </summary>
/// <remarks>
/// The holder's lease ends three seconds after it froze or was cut off. One whose process is gone (<see cref="NodeReach.Down"/>: its port
/// refuses connections) is deposed without waiting for that.
/// </remarks>
internal sealed class AddressCandidate
{
    private const long LookNs = 50_000_000;
    private const long KeepNs = 1_000_000_000;
    private const long HomesTurnNs = 1_000_000_000;
    private const long FailureNs = 5_000_000_000;
    private const long RestNs = 10_000_000_000;
    private const int LeaseMs = 3_000;

    private readonly ServiceAddresses _all;
    private readonly Reactor _reactor;
    private readonly Election _election;
    private readonly TaskCompletionSource _ended = new();
    private readonly string _holderKey;
    private readonly string _claimKey;
    private long _freeSinceNs;
    private long _restsUntilNs;
    private bool _hasClaimed;
    private bool _isStopping;

    public AddressCandidate(ServiceAddresses all, Reactor reactor, ServiceAddress address)
    {
        (_all, _reactor, Address) = (all, reactor, address);
        (_holderKey, _claimKey) = (ServiceAddressKeys.Holders + address.Ip, ServiceAddressKeys.Claims + address.Ip);
        _election = new Election(all.Store, _holderKey, Encoding.UTF8.GetBytes(all.Node), LeaseMs);
        _freeSinceNs = reactor.MonotonicNs;
    }

    public ServiceAddress Address { get; }

    /// <summary>Clients are served by it here.</summary>
    public bool IsServing { get; private set; }

    /// <summary>They are, or may be in a moment.</summary>
    public bool Counts { get; private set; }

    private bool IsHome => Address.Home == _all.Node;

    private string? Holder => _all.HolderOf(Address);

    /// <summary>Stands until it is stopped.</summary>
    public async ValueTask RunAsync()
    {
        while (!_isStopping)
        {
            if (Holder is { } holder)
                await LookAtAsync(holder);
            else if (MayStand() && await StandAsync())
                await HoldAsync();
            await _reactor.DelayAsync(LookNs);
        }

        _ended.SetResult();
    }

    public async ValueTask StopAsync()
    {
        _isStopping = true;
        await _ended.Task;
    }

    private bool MayStand()
    {
        var nowNs = _reactor.MonotonicNs;
        if (nowNs < _restsUntilNs)
            return false;
        if (IsHome)
            return true;

        // Who serves fewer goes first, so that the addresses of a node that is gone spread.
        var turnNs = 2 * LookNs * _all.Load;
        var isHomeGone = _all.Host.ReachOf(Address.Home) == NodeReach.Down;
        return nowNs >= _freeSinceNs + turnNs + (isHomeGone ? 0 : HomesTurnNs);
    }

    private async ValueTask<bool> StandAsync()
    {
        Counts = true;
        return Counts = await _election.TryAsync();
    }

    private async ValueTask LookAtAsync(string holder)
    {
        _freeSinceNs = _reactor.MonotonicNs;

        // What an earlier process of this node left behind, or a process that is gone.
        if (holder == _all.Node || _all.Host.ReachOf(holder) == NodeReach.Down)
            await DeposeAsync(holder);
        else if (IsHome && !_hasClaimed)
            _hasClaimed = (await _all.Store.CommitAsync([], [new Change(_claimKey, Encoding.UTF8.GetBytes(_all.Node))])).Status == CommitStatus.Applied;
        else if (IsHome && !_all.IsClaimed(Address))
            _hasClaimed = false;
    }

    private async ValueTask DeposeAsync(string holder)
    {
        var read = await _all.Store.GetAsync(_holderKey);
        if (read is { IsAvailable: true, Entries: [var entry, ..] } && Encoding.UTF8.GetString(entry.Value.Span) == holder)
            await _all.Store.CommitAsync([new Condition(_holderKey, entry.ModifiedRevision)], [new Change(_holderKey, null)]);
        await _reactor.DelayAsync(LookNs);
        _freeSinceNs = _reactor.MonotonicNs;
    }

    private async ValueTask HoldAsync()
    {
        // What the home asked for it has now; nobody is to give it back a second time for that.
        if (IsHome && (_hasClaimed || _all.IsClaimed(Address)))
            await _all.Store.CommitAsync([], [new Change(_claimKey, null)]);
        _hasClaimed = false;
        if (await TakeAsync())
        {
            _all.Host.Tell(Address, AddressEvent.Taken, null);
            await ServeAsync();
            await _all.Host.LeaveAsync(Address);
            IsServing = false;
            _all.Host.Tell(Address, AddressEvent.Left, null);
        }

        if (_all.IsClaimed(Address))
            await _all.Store.CommitAsync([], [new Change(_claimKey, null)]);
        await _election.ResignAsync();
        Counts = false;
        _freeSinceNs = _reactor.MonotonicNs;
    }

    private async ValueTask<bool> TakeAsync()
    {
        var untilNs = _reactor.MonotonicNs + FailureNs;
        while (_election.IsLeader && !_isStopping)
        {
            if (await _all.Host.TakeAsync(Address) is not { } fault)
                return IsServing = true;
            if (_reactor.MonotonicNs >= untilNs)
            {
                // Somebody else may be able to.
                _restsUntilNs = _reactor.MonotonicNs + RestNs;
                _all.Host.Tell(Address, AddressEvent.Failed, fault);
                break;
            }

            await _reactor.DelayAsync(LookNs);
        }

        return false;
    }

    private async ValueTask ServeAsync()
    {
        var keepAtNs = _reactor.MonotonicNs + KeepNs;
        while (_election.IsLeader && !_isStopping && !IsWantedBack())
        {
            await _reactor.DelayAsync(LookNs);
            if (_reactor.MonotonicNs < keepAtNs || !_election.IsLeader)
                continue;
            keepAtNs += KeepNs;
            _all.Host.Keep(Address);
        }
    }

    private bool IsWantedBack() => !IsHome && _all.IsClaimed(Address) && _all.Host.ReachOf(Address.Home) == NodeReach.Up;
}
