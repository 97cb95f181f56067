using System.Diagnostics;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Crashes;

/// <content>What each session does.</content>
internal sealed partial class StampedLoad
{
    // A multipath session that finds no portal in this time ends the test.
    private static readonly TimeSpan _pathLimit = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan _busyWait = TimeSpan.FromMilliseconds(50);

    /// <summary>Waits until every session has so many more writes acknowledged: none of them hangs.</summary>
    public void ProgressOfEach(long writes, TimeSpan limit)
    {
        var goals = _writesOf.Select((_, index) => Volatile.Read(ref _writesOf[index]) + writes).ToArray();
        var clock = Stopwatch.StartNew();
        for (var index = 0; index < _sessionCount; index++)
        {
            while (Volatile.Read(ref _writesOf[index]) < goals[index])
            {
                if (_sessions[index].IsCompleted)
                    Assert.Fail($"session {index} ended while the cluster should serve: {_sessions[index].Exception?.GetBaseException().Message}");
                if (clock.Elapsed > limit)
                {
                    var missing = goals[index] - Volatile.Read(ref _writesOf[index]);
                    Assert.Fail($"session {index} is {missing} writes short of {writes} after {limit.TotalSeconds} s");
                }

                Thread.Sleep(1);
            }
        }
    }

    /// <summary>The longest time since the last call that a session waited for one write, reconnecting included.</summary>
    public TimeSpan TakeLongestWait()
    {
        var longest = 0L;
        for (var index = 0; index < _sessionCount; index++)
            longest = Math.Max(longest, Interlocked.Exchange(ref _longestWaitTicks[index], 0));
        return Stopwatch.GetElapsedTime(0, longest);
    }

    private void Write(int sessionIndex)
    {
        var pending = new Pending();
        var path = 0;
        while (true)
        {
            var portals = _portals();
            try
            {
                using var session = Connect(portals[path % portals.Count], $"writer{sessionIndex}");
                while (!_stop)
                {
                    if (!WriteNext(session, sessionIndex, pending))
                        Thread.Sleep(_busyWait);
                }

                session.Logout();
                return;
            }
            catch (SessionLostException) when (portals.Count > 1 && (pending.Count == 0 || Stopwatch.GetElapsedTime(pending.Since) < _pathLimit))
            {
                if (_stop)
                    return;
                Interlocked.Increment(ref _lostSessions);
                path++;
                Thread.Sleep(20);
            }
        }
    }

    // Writes what is pending, or something new; false when it is to be sent again later.
    private bool WriteNext(LibiscsiSession session, int sessionIndex, Pending pending)
    {
        if (pending.Count == 0)
            Choose(sessionIndex, pending);
        try
        {
            session.Write(
                (pending.Extent * _extentStride) + (pending.Start * StampedBlock.Size), pending.Data.AsSpan(0, pending.Count * StampedBlock.Size));
        }
        catch (CommandRefusedException refused) when (refused.IsBusy && _portals().Count > 1)
        {
            Interlocked.Increment(ref _busyAnswers);
            return false;
        }
        catch (CommandRefusedException refused) when (MayBeFull && refused.IsUnitAttention)
        {
            return false;
        }
        catch (CommandRefusedException refused) when (MayBeFull && refused.IsSpaceRefusal)
        {
            // As with a lost session, the blocks hold what they held or what was refused.
            Interlocked.Increment(ref _spaceRefusals);
            pending.Count = 0;
            return false;
        }

        for (var index = 0; index < pending.Count; index++)
        {
            var block = (pending.Extent * BlocksPerExtent) + pending.Start + index;
            _acknowledged[block] = pending.Version;
            _uncertain[block] = null;
        }

        pending.Count = 0;
        var wait = Stopwatch.GetTimestamp() - pending.Since;
        var longest = Volatile.Read(ref _longestWaitTicks[sessionIndex]);
        if (wait > longest)
            Interlocked.CompareExchange(ref _longestWaitTicks[sessionIndex], wait, longest);
        Interlocked.Increment(ref _writes);
        Volatile.Write(ref _writesOf[sessionIndex], _writesOf[sessionIndex] + 1);
        return true;
    }

    private void Choose(int sessionIndex, Pending pending)
    {
        var random = _random[sessionIndex];
        pending.Extent = (random.Next(_extentCount / _sessionCount) * _sessionCount) + sessionIndex;
        // Mostly single blocks, now and then a run.
        pending.Count = random.Next(4) == 0 ? 1 + random.Next(BlocksPerExtent) : 1;
        pending.Start = random.Next(BlocksPerExtent - pending.Count + 1);
        pending.Version = Interlocked.Increment(ref _nextVersion);
        pending.Since = Stopwatch.GetTimestamp();
        for (var index = 0; index < pending.Count; index++)
        {
            var block = (pending.Extent * BlocksPerExtent) + pending.Start + index;
            StampedBlock.Write(pending.Data.AsSpan(index * StampedBlock.Size, StampedBlock.Size), block, pending.Version);
            (_uncertain[block] ??= []).Add(pending.Version);
        }
    }

    /// <summary>A write that is not acknowledged.</summary>
    private sealed class Pending
    {
        public byte[] Data { get; } = new byte[ExtentSize];

        public int Extent { get; set; }

        public int Start { get; set; }

        public int Count { get; set; }

        public long Version { get; set; }

        public long Since { get; set; }
    }
}
