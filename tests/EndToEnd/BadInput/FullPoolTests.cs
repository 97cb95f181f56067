using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.BadInput;

/// <summary>Promise 9 as an initiator sees it: a full pool refuses writes and nothing else, and space that is unmapped can be written again.</summary>
public sealed class FullPoolTests : EndToEndTest
{
    private const int Chunk = 64 * 1024;
    private const int Chunks = 4096;
    private const string SpaceAllocationFailedWriteProtect = "0x2707";
    private const string ThinProvisioningSoftThresholdReached = "0x3807";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly byte[] _testUnitReady = new byte[6];
    private static readonly byte[] _synchronizeCache = [0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly byte[] _data = new byte[Chunk];
    private bool _isTold;

    [Test]
    [CancelAfter(180_000)]
    public void Writes_AreRefused_ReadsAndUnmapGoOn_AndFreedSpaceIsUsedAgain()
    {
        _isTold = false;
        var service = StartService("127.0.0.1", "--disks", "1", "--disk-size", "128M");
        service.Command("volume", "create", "large", "--size", "256M").Succeeded();
        service.Command("lun", "map", "large", "--lun", "1").Succeeded();
        var written = 0;
        InSession(service, 1, session =>
        {
            while (written < Chunks && TryWrite(session, written, 1))
                written++;
            Assert.That(written, Is.InRange(500, 2048), "chunks of 64 KiB that fit on a disk of 128 MiB");

            // The notice goes with the next command, whichever that is.
            Eventually(Limit, () => IsTold(session), () => "no initiator was told of the threshold");

            // Overwriting takes space too, and what was there stays; the rest of the service goes on.
            Assert.That(TryWrite(session, 0, 2), Is.False, "an overwrite on the full pool");
            Verify(session, 0, written, 1);
            session.Run(_synchronizeCache);
        });
        Assert.That(service.Output, Does.Match("disk .*disk0.* is [0-9]+ % full.*fstrim"), "the log says what to do");
        Assert.That(service.Command("status").Succeeded(), Does.Contain("disk0").And.Contain("fix:"));

        var half = written / 2;
        InSession(service, 1, session =>
        {
            session.Unmap(0, half * Chunk);
            Eventually(Limit, () => TryWrite(session, 0, 3), () => "unmapped space cannot be written");
            for (var index = 1; index < half / 2; index++)
                Assert.That(TryWrite(session, index, 3), $"chunk {index} after half of the space was unmapped");
        });
        Eventually(Limit, () => service.Output.Contains("have room again", StringComparison.Ordinal), () => "the log does not say that there is room");

        service.Kill();
        service.Start();
        InSession(service, 1, session =>
        {
            Verify(session, 0, half / 2, 3);
            Verify(session, half / 2, half, 0);
            Verify(session, half, written, 1);
        });
    }

    // False when the pool is full; anything else than that and the notice of the threshold fails the test.
    private bool TryWrite(LibiscsiSession session, int index, int version)
    {
        for (var at = 0; at < Chunk; at += StampedBlock.Size)
            StampedBlock.Write(_data.AsSpan(at, StampedBlock.Size), index, version);
        while (true)
        {
            try
            {
                session.Write((long)index * Chunk, _data);
                return true;
            }
            catch (CommandRefusedException refused) when (!_isTold && IsThreshold(refused))
            {
                _isTold = true;
            }
            catch (CommandRefusedException refused)
            {
                Assert.That(refused.Message, Does.Contain(SpaceAllocationFailedWriteProtect).And.Contain("DATA PROTECTION").IgnoreCase);
                return false;
            }
        }
    }

    private bool IsTold(LibiscsiSession session)
    {
        if (_isTold)
            return true;
        try
        {
            session.Run(_testUnitReady);
        }
        catch (CommandRefusedException refused) when (IsThreshold(refused))
        {
            _isTold = true;
        }

        return _isTold;
    }

    private static bool IsThreshold(CommandRefusedException refused) =>
        refused.Message.Contains(ThinProvisioningSoftThresholdReached, StringComparison.Ordinal);

    // Version 0: zeros, as unmapped space reads.
    private void Verify(LibiscsiSession session, int first, int end, int version)
    {
        for (var index = first; index < end; index++)
        {
            session.Read((long)index * Chunk, _data);
            for (var at = 0; at < Chunk; at += StampedBlock.Size)
                Assert.That(StampedBlock.Read(_data.AsSpan(at, StampedBlock.Size), index, out var problem), Is.EqualTo(version), problem);
        }
    }
}
