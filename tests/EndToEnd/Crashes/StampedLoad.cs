using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Crashes;

/// <summary>
/// Writes stamped blocks from several sessions at once and remembers, for each block, the last acknowledged version and the
/// versions whose fate is unknown. After a crash each block must hold one of these, whole.
/// </summary>
/// <remarks>
/// The blocks lie in extents of 64 KiB, spread over the volume. Each extent belongs to one session, so at most one write of
/// a block is under way. A write covers 1 to 16 blocks: large ones go out as several Data-Out PDUs.
/// A load with several portals is one of multipath: a session that is lost goes on through the next portal and sends the
/// write whose fate is unknown again. What the lost path applies later than that shows as a lost write.
/// </remarks>
internal sealed partial class StampedLoad
{
    private const int BlocksPerExtent = 16;
    private const int ExtentSize = BlocksPerExtent * StampedBlock.Size;

    private readonly Sandbox _sandbox;
    private readonly Func<IReadOnlyList<string>> _portals;
    private readonly int _lun;
    private readonly int _sessionCount;
    private readonly int _extentCount;
    private readonly long _extentStride;
    private readonly long[] _acknowledged;
    private readonly List<long>?[] _uncertain;
    private readonly Random[] _random;
    private readonly long[] _writesOf;
    private readonly long[] _longestWaitTicks;
    private long _nextVersion;
    private long _writes;
    private long _lostSessions;
    private long _busyAnswers;
    private long _spaceRefusals;
    private volatile bool _stop;
    private Task[] _sessions = [];

    /// <param name="volumeSizeBytes">The extents are spread evenly over so much.</param>
    public StampedLoad(Sandbox sandbox, UssService service, int lun, long volumeSizeBytes, int seed, int sessionCount = 8, int extentCount = 1024)
        : this(sandbox, () => [service.Portal], lun, volumeSizeBytes, seed, sessionCount, extentCount)
    {
    }

    /// <param name="portals">Where the target listens: sessions start at the first one.</param>
    /// <inheritdoc cref="StampedLoad(Sandbox, UssService, int, long, int, int, int)"/>
    public StampedLoad(
        Sandbox sandbox, Func<IReadOnlyList<string>> portals, int lun, long volumeSizeBytes, int seed, int sessionCount = 8, int extentCount = 1024)
    {
        _sandbox = sandbox;
        _portals = portals;
        _lun = lun;
        _sessionCount = sessionCount;
        _extentCount = extentCount;
        _extentStride = volumeSizeBytes / extentCount / ExtentSize * ExtentSize;
        _acknowledged = new long[extentCount * BlocksPerExtent];
        _uncertain = new List<long>?[extentCount * BlocksPerExtent];
        _writesOf = new long[sessionCount];
        _longestWaitTicks = new long[sessionCount];
        _random = [.. Enumerable.Range(0, sessionCount).Select(index => new Random(unchecked((seed * 31) + index)))];
    }

    /// <summary>How long a session waits for the answer to a command before it gives it up, in seconds.</summary>
    public int CommandLimitSeconds { get; init; } = 30;

    /// <summary>A write may be refused for want of space: its session goes on with another one.</summary>
    public bool MayBeFull { get; init; }

    /// <summary>Writes that were refused for want of space.</summary>
    public long SpaceRefusals => Interlocked.Read(ref _spaceRefusals);

    /// <summary>Sessions that were lost and went on through another portal.</summary>
    public long LostSessions => Interlocked.Read(ref _lostSessions);

    /// <summary>Writes that a load of several portals had to send again because the answer was BUSY.</summary>
    public long BusyAnswers => Interlocked.Read(ref _busyAnswers);

    /// <summary>Writes acknowledged so far.</summary>
    public long AcknowledgedWrites => Interlocked.Read(ref _writes);

    /// <summary>Starts the sessions; they write until the service is gone or <see cref="Stop"/> is called.</summary>
    public void Start()
    {
        _stop = false;
        _sessions = [.. Enumerable.Range(0, _sessionCount).Select(index => _sandbox.RunInNetwork(() => Write(index)))];
    }

    /// <summary>Waits until so many more writes are acknowledged.</summary>
    public void Progress(long writes, TimeSpan limit)
    {
        var goal = AcknowledgedWrites + writes;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (AcknowledgedWrites < goal)
        {
            var ended = _sessions.FirstOrDefault(session => session.IsCompleted);
            if (ended is not null)
                Assert.Fail($"a session ended while the service should serve: {ended.Exception?.GetBaseException().Message}");
            if (clock.Elapsed > limit)
                Assert.Fail($"the load made only {AcknowledgedWrites - goal + writes} writes of {writes} in {limit.TotalSeconds} s");
            Thread.Sleep(1);
        }
    }

    /// <summary>Ends the sessions in good order. Every one of them must have been serving.</summary>
    public void Stop()
    {
        _stop = true;
        Assert.That(Task.WaitAll(_sessions, TimeSpan.FromSeconds(60)), "the sessions of the load did not end");
    }

    /// <summary>Waits for the sessions to end, each by losing the service.</summary>
    public void AwaitLoss()
    {
        var all = Task.WhenAll(_sessions);
        Assert.That(((IAsyncResult)all).AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(60)), "a session does not notice that the service is gone");
        foreach (var session in _sessions)
        {
            Assert.That(
                session.Exception?.GetBaseException(), Is.InstanceOf<SessionLostException>(), "a session ended for another reason than the crash");
        }
    }

    /// <summary>Reads every block back and checks it. What is read is from then on what the block must hold.</summary>
    /// <param name="portal">Where to read; the first portal unless given.</param>
    public void Verify(string? portal = null)
    {
        var problems = new List<string>();
        _sandbox.RunInNetwork(() =>
        {
            using var session = Connect(portal ?? _portals()[0], "verifier");
            var data = new byte[ExtentSize];
            for (var extent = 0; extent < _extentCount && problems.Count < 20; extent++)
            {
                session.Read(extent * _extentStride, data);
                for (var index = 0; index < BlocksPerExtent; index++)
                    Check(extent, index, data.AsSpan(index * StampedBlock.Size, StampedBlock.Size), problems);
            }

            session.Logout();
        }).GetAwaiter().GetResult();
        Assert.That(problems, Is.Empty, $"after {AcknowledgedWrites} acknowledged writes, read through {portal}");
    }

    private void Check(int extent, int index, ReadOnlySpan<byte> data, List<string> problems)
    {
        var block = (extent * BlocksPerExtent) + index;
        var version = StampedBlock.Read(data, block, out var problem);
        var uncertain = _uncertain[block];
        if (problem is not null)
            problems.Add("torn or damaged: " + problem);
        else if (version != _acknowledged[block] && uncertain?.Contains(version) != true)
        {
            problems.Add(
                $"lost: block {block} holds version {version}, acknowledged was {_acknowledged[block]}, "
                + $"uncertain were [{string.Join(' ', uncertain ?? [])}]");
        }

        _acknowledged[block] = version;
        _uncertain[block] = null;
    }

    private LibiscsiSession Connect(string portal, string name) =>
        LibiscsiSession.Connect(portal, UssService.TargetIqn, _lun, "iqn.2026-11.local.uss.test:" + name, timeoutSeconds: CommandLimitSeconds);
}
