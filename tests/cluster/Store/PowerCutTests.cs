using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.Store.Tests;

/// <summary>Random work, cut off at a random moment, again and again on one disk, checked against a model.</summary>
public sealed class PowerCutTests
{
    private const int Seeds = 60;

    [Test]
    public void No_acknowledged_write_is_lost_and_none_is_torn([Range(1, 4)] int part)
    {
        for (var seed = (ulong)part; seed <= Seeds; seed += 4)
            RunOrExplain(seed, StoreFaults.None);
    }

    [Test]
    [Category("Full")]
    public void Nor_in_many_more_runs()
    {
        for (var seed = 1000UL; seed < 11_000; seed += 10)
            RunOrExplain(seed, StoreFaults.None);
    }

    [TestCase("AcknowledgeWithoutFlush")]
    [TestCase("FreeEarly")]
    [TestCase("BelieveUnprovenRecords")]
    [TestCase("ForgetDroppedRecords")]
    [TestCase("TrimLogEarly", Category = "Full")]
    [TestCase("FreeImagesEarly", Category = "Full")]
    public void A_planted_bug_is_found(string fault)
    {
        var faults = Enum.Parse<StoreFaults>(fault);
        for (var seed = 1UL; seed <= 1000; seed++)
        {
            try
            {
                // Its failed assertions are what is wanted, so they must not count for this test.
                using (new NUnit.Framework.Internal.TestExecutionContext.IsolatedContext())
                    Run(seed, faults);
            }
            catch (Exception exception)
            {
                TestContext.Out.WriteLine($"{fault}: seed {seed}: {exception.Message}");
                return;
            }
        }

        Assert.Fail($"no seed notices {fault}");
    }

    [Test]
    [Explicit("runs the seed of USS_SEED")]
    public void One_seed() => RunOrExplain(ulong.Parse(Environment.GetEnvironmentVariable("USS_SEED")!), StoreFaults.None);

    internal static void RunOrExplain(ulong seed, StoreFaults faults)
    {
        try
        {
            Run(seed, faults);
        }
        catch (Exception exception) when (exception is not SuccessException)
        {
            throw new InvalidOperationException($"seed {seed}: {exception.Message}", exception);
        }
    }

    internal static long Run(ulong seed, StoreFaults faults, int lives = 4)
    {
        var random = SeededRandom.Stream(seed, "plan");
        var disk = new SimulatedDiskOptions { NeedsFlush = !random.Chance(0.1), IsFile = random.Chance(0.5) };
        var format = new StoreFormatOptions { LogBytes = 128 << 10 << random.Next(4), MapBytes = 128 << 10 << random.Next(4) };
        var memory = random.Chance(0.3) ? 300 << 10 : 0;
        var options = new StoreOptions { Faults = faults, MemoryBytes = memory, DiscardDelayMs = random.Next(5) };
        using var rig = new StoreRig(seed, random.Chance(0.3) ? 8 << 20 : 32 << 20, format, disk, options);
        var workload = new StoreWorkload(rig, seed);
        for (var life = 0; life < lives; life++)
        {
            rig.Open();
            rig.Run(workload.CheckAfterCrashAsync);
            if (random.Chance(0.6))
                rig.Run(workload.ChangeSnapshotsAsync);
            rig.World.Start(rig.Reactor, () => workload.RunAsync(400));
            rig.World.RunFor(1_000_000 + random.Next(random.Chance(0.5) ? 20_000_000L : 300_000_000L));
            if (random.Chance(0.5))
                rig.World.RunUntil(() => rig.Store.IsCheckpointing, 100_000_000);
            rig.World.RunFor(random.Next(random.Chance(0.5) ? 500_000L : 5_000_000L));
            if (random.Chance(0.2))
                rig.Crash();
            else
                rig.PowerCut();
        }

        rig.Open();
        rig.Run(workload.CheckAfterCrashAsync);
        rig.Close();
        rig.Open();
        rig.Run(workload.CheckAllAsync);
        rig.Close();
        return workload.Acknowledged;
    }
}
