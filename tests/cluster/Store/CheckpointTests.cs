using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

public sealed class CheckpointTests
{
    [Test]
    public void A_checkpoint_of_many_maps_does_not_hold_up_writes()
    {
        var disk = new SimulatedDiskOptions { TailProbability = 0 };
        var format = new StoreFormatOptions { LogBytes = 4 << 20, MapBytes = 64 << 20 };
        using var rig = new StoreRig(sizeBytes: 256 << 20, format: format, disk: disk);
        rig.Open();
        long longestNs = 0;
        long during = 0;
        rig.Run(async () =>
        {
            for (var i = 0U; i < 6000; i++)
            {
                var wasRunning = rig.Store.IsCheckpointing;
                var startNs = rig.Reactor.MonotonicNs;
                await rig.WriteAsync(new ObjectId(1, i), 0, 1, i + 1, i + 1);
                if (!wasRunning)
                    continue;
                during++;
                longestNs = Math.Max(longestNs, rig.Reactor.MonotonicNs - startNs);
            }
        });
        TestContext.Out.WriteLine($"{during} writes during {rig.Store.Statistics.Checkpoints} checkpoints, longest {longestNs / 1000} us");
        Assert.That(rig.Store.Statistics.Checkpoints, Is.GreaterThan(2));
        Assert.That(during, Is.GreaterThan(10));
        Assert.That(longestNs, Is.LessThan(5_000_000), "device latencies of this disk are below 1 ms");
        rig.Close();
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That((await rig.Store.VerifyAsync()).IsSound);
            for (var i = 0U; i < 6000; i += 97)
                Assert.That((await rig.ReadAsync(new ObjectId(1, i), 0, 1)).Stamps[0], Is.EqualTo(new Stamp(i + 1, 0)));
        });
        rig.Close();
    }
}
