using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Crashes;

/// <summary>Promise 1 of docs/invariants.md: an acknowledged write survives every crash of the process.</summary>
public sealed class KillUnderLoadTests : EndToEndTest
{
    private const long GiB = 1L << 30;

    [TestCase(1, 6)]
    [TestCase(2, 5)]
    [CancelAfter(240_000)]
    public void Kill_AtRandomMoments_LosesAndTearsNothing(int copies, int kills)
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var service = StartService();
        service.Command("volume", "create", "stamped", "--size", "4G", "--copies", $"{copies}").Succeeded();
        service.Command("lun", "map", "stamped", "--lun", "5").Succeeded();
        var load = new StampedLoad(Sandbox, service, 5, 4 * GiB, seed);
        for (var kill = 0; kill < kills; kill++)
        {
            load.Start();
            load.Progress(random.Next(50, 4000), TimeSpan.FromSeconds(60));
            service.Kill();
            load.AwaitLoss();
            var recovery = service.Start();
            TestContext.Out.WriteLine($"killed after {load.AcknowledgedWrites} acknowledged writes; ready again after {recovery.TotalSeconds:F1} s");
            load.Verify();
        }

        load.Start();
        load.Progress(500, TimeSpan.FromSeconds(60));
        load.Stop();
        load.Verify();
        var (took, result) = service.Stop();
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(5)), "a clean stop");
        service.Start();
        load.Verify();
    }
}
