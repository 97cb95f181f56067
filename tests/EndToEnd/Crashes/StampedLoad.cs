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
/// </remarks>
internal sealed class StampedLoad
{
    private const int BlocksPerExtent = 16;
    private const int ExtentSize = BlocksPerExtent * StampedBlock.Size;

    private readonly Sandbox _sandbox;
    private readonly UssService _service;
    private readonly int _lun;
    private readonly int _sessionCount;
    private readonly int _extentCount;
    private readonly long _extentStride;
    private readonly long[] _acknowledged;
    private readonly List<long>?[] _uncertain;
    private readonly Random[] _random;
    private long _nextVersion;
    private long _writes;
    private volatile bool _stop;
    private Task[] _sessions = [];

    /// <param name="volumeSizeBytes">The extents are spread evenly over so much.</param>
    public StampedLoad(Sandbox sandbox, UssService service, int lun, long volumeSizeBytes, int seed, int sessionCount = 8, int extentCount = 1024)
    {
        _sandbox = sandbox;
        _service = service;
        _lun = lun;
        _sessionCount = sessionCount;
        _extentCount = extentCount;
        _extentStride = volumeSizeBytes / extentCount / ExtentSize * ExtentSize;
        _acknowledged = new long[extentCount * BlocksPerExtent];
        _uncertain = new List<long>?[extentCount * BlocksPerExtent];
        _random = [.. Enumerable.Range(0, sessionCount).Select(index => new Random(unchecked((seed * 31) + index)))];
    }

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
    public void Verify()
    {
        var problems = new List<string>();
        _sandbox.RunInNetwork(() =>
        {
            using var session = Connect("verifier");
            var data = new byte[ExtentSize];
            for (var extent = 0; extent < _extentCount && problems.Count < 20; extent++)
            {
                session.Read(extent * _extentStride, data);
                for (var index = 0; index < BlocksPerExtent; index++)
                    Check(extent, index, data.AsSpan(index * StampedBlock.Size, StampedBlock.Size), problems);
            }

            session.Logout();
        }).GetAwaiter().GetResult();
        Assert.That(problems, Is.Empty, $"after {AcknowledgedWrites} acknowledged writes");
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

    private void Write(int sessionIndex)
    {
        using var session = Connect($"writer{sessionIndex}");
        var random = _random[sessionIndex];
        var data = new byte[ExtentSize];
        while (!_stop)
        {
            var extent = (random.Next(_extentCount / _sessionCount) * _sessionCount) + sessionIndex;
            // Mostly single blocks, now and then a run.
            var count = random.Next(4) == 0 ? 1 + random.Next(BlocksPerExtent) : 1;
            var start = random.Next(BlocksPerExtent - count + 1);
            var version = Interlocked.Increment(ref _nextVersion);
            for (var index = 0; index < count; index++)
            {
                var block = (extent * BlocksPerExtent) + start + index;
                StampedBlock.Write(data.AsSpan(index * StampedBlock.Size, StampedBlock.Size), block, version);
                (_uncertain[block] ??= []).Add(version);
            }

            session.Write((extent * _extentStride) + (start * StampedBlock.Size), data.AsSpan(0, count * StampedBlock.Size));
            for (var index = 0; index < count; index++)
            {
                var block = (extent * BlocksPerExtent) + start + index;
                _acknowledged[block] = version;
                _uncertain[block] = null;
            }

            Interlocked.Increment(ref _writes);
        }

        session.Logout();
    }

    private LibiscsiSession Connect(string name) =>
        LibiscsiSession.Connect(_service.Portal, UssService.TargetIqn, _lun, "iqn.2026-11.local.uss.test:" + name);
}
