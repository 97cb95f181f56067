using System.Net;
using System.Text;
using Uss.NfsFrontend.Metadata;
using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>
/// Many clients lock, wait, cancel and unlock at random, call-backs and their answers are lost, the owner restarts: nobody ever believes to
/// hold what somebody else does, everybody gets on, and at the end nothing is held.
/// </summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LockScenarioTests : ILockedFiles, ILockGrants
{
    private const int Clients = 6;
    private const int Rounds = 30;
    private const long MillisecondNs = 1_000_000;

    private readonly List<(int Client, LockRange Range, bool IsExclusive)> _held = [];
    private readonly Client[] _clients = new Client[Clients];
    private SimulatedReactor _reactor = null!;
    private MemoryRecordStore _store = null!;
    private LockService _service = null!;
    private int _grants;
    private int _waits;
    private int _restarts;

    public bool Exists(RecordTransaction records, ulong inode, uint generation) => true;

    public async ValueTask<GrantOutcome> GrantAsync(LockCall call)
    {
        _grants++;
        var random = _reactor.Random;
        if (random.Chance(0.1))
            return GrantOutcome.Unreachable;
        await _reactor.DelayAsync(random.Next(2_000_000));
        if (random.Chance(0.1))
            return GrantOutcome.Unknown;
        var isTaken = _clients[call.Svid].Take(call);
        await _reactor.DelayAsync(random.Next(2_000_000));
        return random.Chance(0.1) ? GrantOutcome.Unknown : isTaken ? GrantOutcome.Accepted : GrantOutcome.Refused;
    }

    [Test]
    public void Nobody_holds_what_another_holds([Range(1, 40)] int seed)
    {
        using var world = new SimulatedWorld((ulong)seed);
        _reactor = world.CreateReactor("owner");
        _store = new MemoryRecordStore(_reactor);
        Restart();
        var running = Enumerable.Range(0, Clients).Select(number => world.Start(_reactor, async () =>
        {
            _clients[number] = new Client(this, number);
            await _clients[number].RunAsync();
            return true;
        })).ToList();
        var restarting = seed % 2 == 0 ? world.Start(_reactor, RestartNowAndThenAsync) : null;
        Assert.That(world.RunUntil(() => running.All(run => run.IsDone), 3600_000 * MillisecondNs), "everybody gets on");
        Assert.That(restarting?.IsDone, Is.Null.Or.True);
        world.RunFor(600_000 * MillisecondNs);
        Assert.That(_held, Is.Empty);
        Assert.That(_service.Waiters, Is.Zero);
        Assert.That(_store.Records, Is.Empty);
        Assert.That((_waits, _grants), Is.GreaterThan((10, 10)));
    }

    private async ValueTask<bool> RestartNowAndThenAsync()
    {
        for (var i = 0; i < 5; i++)
        {
            await _reactor.DelayAsync(50 * MillisecondNs);

            // What is under way at the old owner has ended before its successor begins: they have one log.
            _store.Status = RecordStatus.Lost;
            _service.Stop();
            _restarts++;
            await _reactor.DelayAsync(20 * MillisecondNs);
            _store.Status = RecordStatus.Ok;
            Restart();
        }

        return true;
    }

    private void Restart() => _service = new LockService(_reactor, _store, this, this, new LockServiceOptions { GrantRetryNs = 5 * MillisecondNs });

    private void Believe(int client, LockRange range, bool isExclusive)
    {
        foreach (var (other, held, isOthersExclusive) in _held)
        {
            if (other != client && held.Overlaps(range))
                Assert.That(isExclusive || isOthersExclusive, Is.False, $"{client} and {other} both hold {range}");
        }

        _held.Add((client, range, isExclusive));
    }

    private sealed class Client(LockScenarioTests test, int number)
    {
        private readonly SeededRandom _random = SeededRandom.Stream(test._reactor.Random.NextUInt64(), "client");
        private LockCall? _waitsFor;

        public async ValueTask RunAsync()
        {
            for (var round = 0; round < Rounds; round++)
            {
                var start = (ulong)_random.Next(20);
                var call = LockServiceTests.Lock("host", start, start + (ulong)_random.Next(10)) with
                {
                    Svid = (uint)number,
                    Host = new LockHost(Encoding.ASCII.GetBytes("host" + (number / 2)), IPAddress.Loopback, IPAddress.Any),
                    IsExclusive = _random.Chance(0.7),
                    IsBlocking = _random.Chance(0.8),
                };
                if (await TryLockAsync(call))
                {
                    await test._reactor.DelayAsync(_random.Next(5_000_000));
                    await UnlockAsync(call);
                }
            }
        }

        // As the kernel of a client does it: who waits for the lock takes it, once.
        public bool Take(LockCall call)
        {
            if (_waitsFor?.IsSameLock(call) != true)
                return false;
            _waitsFor = null;
            test.Believe(number, call.Range, call.IsExclusive);
            return true;
        }

        private async ValueTask<bool> TryLockAsync(LockCall call)
        {
            // It may be called before it is answered.
            _waitsFor = call.IsBlocking ? call : null;
            var restarts = test._restarts;
            while (true)
            {
                var status = await AskAsync(call);
                if (call.IsBlocking && _waitsFor is null)
                    return true;
                if (status is LockStatus.Granted)
                {
                    _waitsFor = null;
                    test.Believe(number, call.Range, call.IsExclusive);
                    return true;
                }

                if (status is not LockStatus.Blocked)
                    return false;
                test._waits++;
                await test._reactor.DelayAsync(_random.Next(20_000_000));
                if (_waitsFor is null)
                    return true;
                if (!_random.Chance(0.3))
                    continue;
                _waitsFor = null;
                var cancelled = await AskAsync(call with { Kind = LockCallKind.Cancel });

                // After a restart nobody knows that it has waited, or that it was given the lock.
                if (cancelled != LockStatus.Granted || test._restarts != restarts)
                    await AskAsync(call with { Kind = LockCallKind.Unlock });
                return false;
            }
        }

        private async ValueTask UnlockAsync(LockCall call)
        {
            test._held.RemoveAll(held => held.Client == number);
            await AskAsync(call with { Kind = LockCallKind.Unlock });
        }

        private async ValueTask<LockStatus> AskAsync(LockCall call)
        {
            while (true)
            {
                var reply = await test._service.CallAsync(call);
                if (reply.Status != LockStatus.NotNow)
                    return reply.Status;
                await test._reactor.DelayAsync(5 * MillisecondNs);
            }
        }
    }
}
