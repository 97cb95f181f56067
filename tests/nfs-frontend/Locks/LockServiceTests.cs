using System.Net;
using System.Text;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>The locks of a file system at its owner, with records that take their time.</summary>
public sealed class LockServiceTests : ILockedFiles, ILockGrants
{
    private const long SecondNs = 1_000_000_000;
    private readonly List<string> _told = [];
    private SimulatedWorld _world = null!;
    private SimulatedReactor _reactor = null!;
    private MemoryRecordStore _store = null!;
    private LockService _service = null!;
    private GrantOutcome _outcome;
    private TaskCompletionSource? _holdGrants;
    private bool _isRemoved;

    [TearDown]
    public void TearDown() => _world?.Dispose();

    public bool Exists(RecordTransaction records, ulong inode, uint generation) => generation == 1 && !_isRemoved;

    public async ValueTask<GrantOutcome> GrantAsync(LockCall call)
    {
        _told.Add($"{Encoding.ASCII.GetString(call.Host.Name.Span)} {call.Range.Start}-{call.Range.Last}");
        if (_holdGrants is { } held)
            await held.Task;
        await _reactor.DelayAsync(1_000_000);
        return _outcome;
    }

    [Test]
    public void A_lock_is_held_until_it_is_given_up() => Run(async () =>
    {
        Assert.That(await AskAsync(Lock("a", 0, 9)), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("b", 5, 14)), Is.EqualTo(LockStatus.Denied));
        var test = await _service.CallAsync(Lock("b", 5, 14) with { Kind = LockCallKind.Test });
        Assert.That((test.Status, test.Holder!.Svid, test.Holder.Range), Is.EqualTo((LockStatus.Denied, 7u, new LockRange(0, 9))));
        Assert.That(await AskAsync(Lock("b", 10, 14)), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("b", 5, 14) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("b", 0, 99) with { Kind = LockCallKind.Unlock }), Is.EqualTo(LockStatus.Granted));
    });

    [Test]
    public void Locks_survive_their_owner() => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        Restart();
        Assert.That(await AskAsync(Lock("b", 0, 9)), Is.EqualTo(LockStatus.Denied));
        Assert.That(await AskAsync(Lock("a", 0, 9)), Is.EqualTo(LockStatus.Granted));
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Who_waits_gets_the_lock_and_is_told() => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        Assert.That(await AskAsync(Lock("b", 0, 4) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked));
        Assert.That(await AskAsync(Lock("c", 5, 9) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked));
        Assert.That(await AskAsync(Lock("d", 0, 0) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked));
        Assert.That(await AskAsync(Lock("b", 0, 4) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked), "asks again");
        Assert.That(_service.Waiters, Is.EqualTo(3));
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        await _reactor.DelayAsync(SecondNs);
        Assert.That(_told, Is.EqualTo(["b 0-4", "c 5-9"]));
        Assert.That(await AskAsync(Lock("e", 0, 9) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Denied));
        await AskAsync(Lock("b", 0, 4) with { Kind = LockCallKind.Unlock });
        await AskAsync(Lock("c", 5, 9) with { Kind = LockCallKind.Unlock });
        await _reactor.DelayAsync(SecondNs);
        Assert.That(_told[^1], Is.EqualTo("d 0-0"));
        await AskAsync(Lock("d", 0, 0) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Machines_of_one_name_are_not_one() => Run(async () =>
    {
        var copy = Host("a", "192.0.2.2");
        await AskAsync(Lock("a", 0, 9));
        Assert.That(await AskAsync(Lock("a", 0, 9) with { Host = copy }), Is.EqualTo(LockStatus.Denied));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true, Host = Host("b", "192.0.2.2") }), Is.EqualTo(LockStatus.Blocked));
        Assert.That(_service.Waiters, Is.EqualTo(2));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel });
        Assert.That(_service.Waiters, Is.EqualTo(1));
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock, Host = copy });
        Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Denied));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel, Host = Host("b", "192.0.2.2") });
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void A_downgrade_lets_others_share() => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true, IsExclusive = false }), Is.EqualTo(LockStatus.Blocked));
        await AskAsync(Lock("a", 0, 9) with { IsExclusive = false });
        await _reactor.DelayAsync(SecondNs);
        Assert.That(_told, Is.EqualTo(["b 0-9"]));
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Who_does_not_want_its_lock_any_more_holds_what_it_held_before() => Run(async () =>
    {
        await AskAsync(Lock("b", 3, 4) with { IsExclusive = false });
        await AskAsync(Lock("a", 0, 9) with { IsExclusive = false });
        Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked));
        _outcome = GrantOutcome.Refused;
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        await _reactor.DelayAsync(SecondNs);
        Assert.That((_told.Count, _service.Waiters), Is.EqualTo((1, 0)));
        var test = await _service.CallAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test });
        Assert.That((test.Holder!.Range, test.Holder.IsExclusive), Is.EqualTo((new LockRange(3, 4), false)));
        await AskAsync(Lock("b", 3, 4) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Who_cannot_be_told_keeps_its_lock_if_it_asks_again([Values] bool asksAgain) => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        _outcome = GrantOutcome.Unreachable;
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        await _reactor.DelayAsync(30 * SecondNs);
        if (asksAgain)
            Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true }), Is.EqualTo(LockStatus.Granted));
        await _reactor.DelayAsync(300 * SecondNs);
        Assert.That(_service.Waiters, Is.Zero);
        var expected = asksAgain ? LockStatus.Denied : LockStatus.Granted;
        Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test }), Is.EqualTo(expected));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Who_may_have_been_told_keeps_its_lock([Values] bool isRefusedLater) => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        _outcome = GrantOutcome.Unknown;
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        await _reactor.DelayAsync(15 * SecondNs);
        if (isRefusedLater)
            _outcome = GrantOutcome.Refused;
        await _reactor.DelayAsync(300 * SecondNs);
        Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Denied));
        Assert.That(_service.Waiters, Is.EqualTo(isRefusedLater ? 0 : 1));
        await AskAsync(Lock("b", 0, 9) with { Kind = isRefusedLater ? LockCallKind.Unlock : LockCallKind.Cancel });
        Assert.That(_service.Waiters, Is.Zero);
    });

    [Test]
    public void A_lock_that_is_asked_for_again_while_it_is_taken_back_is_held() => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        _outcome = GrantOutcome.Refused;
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        while (_told.Count == 0)
            await _reactor.DelayAsync(100_000);
        await _reactor.DelayAsync(1_000_000 + _reactor.Random.Next(2_000_000));
        Assert.That(await AskAsync(Lock("b", 0, 9)), Is.EqualTo(LockStatus.Granted));
        await _reactor.DelayAsync(SecondNs);
        Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Denied));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void What_is_locked_inside_of_a_range_that_is_refused_stays() => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        (_outcome, _holdGrants) = (GrantOutcome.Refused, new TaskCompletionSource());
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        while (_told.Count == 0)
            await _reactor.DelayAsync(1_000_000);
        Assert.That(await AskAsync(Lock("b", 4, 5)), Is.EqualTo(LockStatus.Granted));
        _holdGrants.SetResult();
        await _reactor.DelayAsync(SecondNs);
        Assert.That(await AskAsync(Lock("c", 4, 5) with { Kind = LockCallKind.Test }), Is.EqualTo(LockStatus.Denied));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Who_cancels_waits_no_more_and_has_no_lock([Values] bool isBeingTold) => Run(async () =>
    {
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        _holdGrants = new TaskCompletionSource();
        if (isBeingTold)
        {
            await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
            while (_told.Count == 0)
                await _reactor.DelayAsync(1_000_000);
        }

        Assert.That(await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel, IsExclusive = false }), Is.EqualTo(LockStatus.Denied));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel }), Is.EqualTo(LockStatus.Denied));
        await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.Unlock });
        _holdGrants.SetResult();
        await _reactor.DelayAsync(SecondNs);
        Assert.That(_told, Has.Count.EqualTo(isBeingTold ? 1 : 0));
    });

    [Test]
    public void A_restarted_host_loses_what_it_held_before() => Run(async () =>
    {
        for (var inode = 1UL; inode <= 20; inode++)
            await AskAsync(Lock("a", 0, 9) with { Inode = inode });
        await AskAsync(Lock("a", 50, 59) with { Inode = 3, State = 5 });
        await AskAsync(Lock("a", 90, 90) with { Inode = 30 });
        await AskAsync(Lock("b", 90, 90) with { Inode = 30, IsBlocking = true });
        await AskAsync(Lock("b", 100, 100) with { Inode = 7 });
        await AskAsync(Lock("a", 100, 100) with { Inode = 7, IsBlocking = true });
        Assert.That(_service.Waiters, Is.EqualTo(2));
        var restart = Lock("a", 0, 0) with { Kind = LockCallKind.FreeHost, State = 5, KeepsState = true };
        Assert.That(await AskAsync(restart with { Host = Host("a", "192.0.2.99") }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test, Inode = 20 }), Is.EqualTo(LockStatus.Denied), "another machine's");
        Assert.That(await AskAsync(restart), Is.EqualTo(LockStatus.Granted));
        await _reactor.DelayAsync(SecondNs);
        Assert.That((_service.Waiters, _told), Is.EqualTo((0, new[] { "b 90-90" })));
        for (var inode = 1UL; inode <= 20; inode++)
            Assert.That(await AskAsync(Lock("c", 0, 9) with { Kind = LockCallKind.Test, Inode = inode }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("c", 50, 50) with { Kind = LockCallKind.Test, Inode = 3 }), Is.EqualTo(LockStatus.Denied), "locked since");
        await AskAsync(Lock("b", 0, 0) with { Kind = LockCallKind.FreeHost });
        await AskAsync(Lock("a", 0, 0) with { Kind = LockCallKind.FreeHost });
    });

    [Test]
    public void All_hosts_of_a_name_are_freed_for_an_administrator() => Run(async () =>
    {
        for (var i = 1; i <= 5; i++)
        {
            for (var inode = 1UL; inode <= 3; inode++)
                await AskAsync(Lock("a", (ulong)i * 10, (ulong)i * 10) with { Host = Host("a", $"192.0.2.{i}"), Inode = inode });
        }

        await AskAsync(Lock("b", 0, 9));
        await AskAsync(Lock("a", 0, 0) with { Kind = LockCallKind.FreeName });
        Assert.That(_store.Records.Keys.Count(key => key.High == LockRecords.HostKind), Is.EqualTo(1));
        Assert.That(await AskAsync(Lock("c", 0, LockRange.End) with { Kind = LockCallKind.Test, Inode = 2 }), Is.EqualTo(LockStatus.Granted));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void A_client_that_calls_two_addresses_of_the_server_is_two_and_restarts_as_one() => Run(async () =>
    {
        // Linux counts the numbers of its processes for each server address by itself.
        var other = Host("a", server: "192.0.2.102");
        Assert.That(await AskAsync(Lock("a", 0, 9)), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("a", 0, 9) with { Host = other }), Is.EqualTo(LockStatus.Denied));
        Assert.That(await AskAsync(Lock("a", 20, 29) with { Host = other }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("a", 20, 29) with { Kind = LockCallKind.Unlock }), Is.EqualTo(LockStatus.Granted), "there is nothing to be given up");
        Assert.That(await AskAsync(Lock("b", 20, 29)), Is.EqualTo(LockStatus.Denied));
        Assert.That(await AskAsync(Lock("a", 0, 0) with { Kind = LockCallKind.FreeHost }), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(Lock("b", 0, 29)), Is.EqualTo(LockStatus.Granted));
        await AskAsync(Lock("b", 0, 29) with { Kind = LockCallKind.Unlock });
    });

    [Test]
    public void Shares_are_locks_of_their_own() => Run(async () =>
    {
        var share = Lock("a", 0, 0) with { Kind = LockCallKind.Share, Share = new LockShare(3, 2) };
        Assert.That(await AskAsync(share), Is.EqualTo(LockStatus.Granted));
        Assert.That(await AskAsync(share with { Host = Host("b") }), Is.EqualTo(LockStatus.Denied));
        Assert.That(_store.Records.Keys.Count(key => key.High == LockRecords.HostKind), Is.EqualTo(1), "who got nothing has no record");
        Assert.That(await AskAsync(Lock("b", 0, 9)), Is.EqualTo(LockStatus.Granted));
        await AskAsync(share with { Kind = LockCallKind.Unshare });
        Assert.That(await AskAsync(share with { Host = Host("b") }), Is.EqualTo(LockStatus.Granted));
        await AskAsync(share with { Host = Host("b"), Kind = LockCallKind.FreeHost });
    });

    [Test]
    public void What_goes_wrong_is_said() => Run(async () =>
    {
        Assert.That(await AskAsync(Lock("a", 0, 9) with { Generation = 2 }), Is.EqualTo(LockStatus.StaleHandle));
        foreach (var (status, expected) in new[]
        {
            (RecordStatus.Lost, LockStatus.NotNow), (RecordStatus.NoSpace, LockStatus.NoLocks), (RecordStatus.Damaged, LockStatus.Failed),
        })
        {
            _store.Status = status;
            Assert.That(await AskAsync(Lock("a", 0, 9) with { IsBlocking = true }), Is.EqualTo(expected));
            Assert.That(await AskAsync(Lock("a", 0, 9) with { Kind = LockCallKind.FreeHost }), Is.EqualTo(expected));
        }

        _store.Status = RecordStatus.Ok;
        Assert.That(_service.Waiters, Is.Zero);
        await AskAsync(Lock("a", 0, 9));
        await AskAsync(Lock("b", 0, 9) with { IsBlocking = true });
        _isRemoved = true;
        _store.Run(records => LockRecords.RemoveFile(records, 1));
        Assert.That(await AskAsync(Lock("b", 0, 9) with { IsBlocking = true }), Is.EqualTo(LockStatus.StaleHandle));
        await AskAsync(Lock("b", 0, 9) with { Kind = LockCallKind.Cancel });
        _service.Stop();
        Assert.That(await AskAsync(Lock("b", 0, 9)), Is.EqualTo(LockStatus.NotNow));
    });

    [Test]
    public void Waiting_is_bounded() => Run(
        async () =>
        {
            await AskAsync(Lock("a", 0, 99));
            for (var i = 0; i < 8; i++)
            {
                var host = i % 2 == 0 ? "b" : "c" + i;
                var expected = i is 4 or 6 or 7 ? LockStatus.NoLocks : LockStatus.Blocked;
                Assert.That(await AskAsync(Lock(host, (ulong)i, (ulong)i) with { IsBlocking = true }), Is.EqualTo(expected), $"{i}");
            }

            await AskAsync(Lock("b", 0, 0) with { Kind = LockCallKind.FreeHost });
            Assert.That(await AskAsync(Lock("b", 1, 1) with { IsBlocking = true }), Is.EqualTo(LockStatus.Blocked), "there is room again");
            _service.Stop();
            await _reactor.DelayAsync(SecondNs);
            Restart();
            await AskAsync(Lock("a", 0, 99) with { Kind = LockCallKind.Unlock });
        },
        new LockServiceOptions { MaxWaiters = 5, MaxWaitersOfHost = 2 });

    internal static LockHost Host(string name, string address = "192.0.2.1", string server = "192.0.2.101") =>
        new(Encoding.ASCII.GetBytes(name), IPAddress.Parse(address), IPAddress.Parse(server));

    internal static LockCall Lock(string host, ulong start, ulong last) => new()
    {
        Kind = LockCallKind.Lock,
        Host = Host(host),
        Inode = 1,
        Generation = 1,
        Svid = 7,
        OwnerHandle = new byte[] { 1, 2 },
        Range = new LockRange(start, last),
        IsExclusive = true,
        State = 3,
    };

    private async ValueTask<LockStatus> AskAsync(LockCall call) => (await _service.CallAsync(call)).Status;

    private void Restart(LockServiceOptions? options = null) => _service = new LockService(_reactor, _store, this, this, options);

    // At its end nothing may be held: then no record is left.
    private void Run(Func<ValueTask> work, LockServiceOptions? options = null)
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            _told.Clear();
            (_outcome, _holdGrants, _isRemoved) = (GrantOutcome.Accepted, null, false);
            _world = new SimulatedWorld(seed);
            _reactor = _world.CreateReactor("owner");
            _store = new MemoryRecordStore(_reactor);
            Restart(options);
            _world.Run(_reactor, work);
            Assert.That(_store.Records, Is.Empty);
            _world.Dispose();
        }
    }
}
