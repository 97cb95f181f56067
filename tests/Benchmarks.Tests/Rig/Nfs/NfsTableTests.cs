using Uss.Benchmarks.Rig.Tests;

namespace Uss.Benchmarks.Rig.Nfs.Tests;

public sealed class NfsTableTests
{
    private static readonly FioCase _case = new("write", "Write", "durable", "4k", 32);

    [Test]
    public void ARowHasBothFiguresTheirRatiosAndBars()
    {
        var runs = new PairedRuns("ganesha", [_case]);
        runs.Add(_case, "USS", Runs.Of(3000, serverCpuUs: 50));
        runs.Add(_case, "ganesha", Runs.Of(1500, serverCpuUs: 100));
        var table = NfsTable.Ratios(runs, [_case], [RatioBar.Rate("write", "op/s", 1.5), RatioBar.Cpu("write", 0.4)]);
        Assert.That(
            table.Split('\n')[2],
            Is.EqualTo("| Write | 3,000 | 1,500 | 2.00 | >= 1.5 | met | 50.0 | 100.0 | 0.50 | <= 0.4 | missed |"));
    }

    [Test]
    public void ARowWithoutABarHasNoVerdict()
    {
        var runs = new PairedRuns("ganesha", [_case]);
        runs.Add(_case, "USS", Runs.Of(3000, serverCpuUs: 50));
        runs.Add(_case, "ganesha", Runs.Of(1500, serverCpuUs: 100));
        Assert.That(NfsTable.Ratios(runs, [_case], []).Split('\n')[2], Is.EqualTo("| Write | 3,000 | 1,500 | 2.00 | - |  | 50.0 | 100.0 | 0.50 | - |  |"));
    }
}
