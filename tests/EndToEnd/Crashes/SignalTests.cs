using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Crashes;

/// <summary>Signals to a service with sessions logged in and writes under way.</summary>
public sealed class SignalTests : EndToEndTest
{
    private const long GiB = 1L << 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Test]
    [CancelAfter(120_000)]
    public void Terminate_UnderLoad_StopsWithinFiveSeconds_AndLosesNothing()
    {
        var (service, load) = StartLoad(seed: 31);
        var (took, result) = service.Stop();
        result.Succeeded();
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That(result.Output, Does.Contain("stopped"));
        load.AwaitLoss();

        Assert.That(service.Start(), Is.LessThan(TimeSpan.FromSeconds(10)));
        load.Verify();
    }

    [Test]
    [CancelAfter(120_000)]
    public void FreezeAndThaw_UnderLoad_LosesNothing()
    {
        var (service, load) = StartLoad(seed: 32);
        for (var round = 0; round < 3; round++)
        {
            service.Freeze(true);
            Thread.Sleep(TimeSpan.FromSeconds(2));
            service.Freeze(false);
            load.Progress(200, Limit);
        }

        load.Stop();
        load.Verify();
        Assert.That(service.Command("status").Succeeded(), Does.Contain("healthy"));
        service.Stop().Result.Succeeded();
    }

    private (UssService Service, StampedLoad Load) StartLoad(int seed)
    {
        var service = StartService();
        service.Command("volume", "create", "loaded", "--size", "1G", "--copies", "2").Succeeded();
        service.Command("lun", "map", "loaded", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, GiB, seed);
        load.Start();
        load.Progress(500, Limit);
        return (service, load);
    }
}
