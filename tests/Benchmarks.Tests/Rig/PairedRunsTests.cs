namespace Uss.Benchmarks.Rig.Tests;

public sealed class PairedRunsTests
{
    private static readonly FioCase[] _cases = [new("first", "The first", "read", "4k", 1), new("second", "The second", "read", "4k", 1)];

    [Test]
    public void RatioIsThatOfTheMedians()
    {
        var runs = new PairedRuns("other", _cases);
        foreach (var perSecond in (double[])[300, 1, 200])
            runs.Add(_cases[0], "USS", Runs.Of(perSecond));
        foreach (var perSecond in (double[])[100, 90, 9000])
            runs.Add(_cases[0], "other", Runs.Of(perSecond));
        Assert.That(runs.Ratio(RatioBar.Rate("first", "IOPS", 1)), Is.EqualTo(2));
    }

    [Test]
    public void WithoutTheYardstickThereIsNoRatioAndNothingMissed()
    {
        var runs = new PairedRuns("other", _cases);
        runs.Add(_cases[0], "USS", Runs.Of(1));
        var bar = RatioBar.Rate("first", "IOPS", 1000);
        Assert.Multiple(() =>
        {
            Assert.That(runs.Ratio(bar), Is.Null);
            Assert.That(runs.IsMissed([bar]), Is.False);
        });
    }

    [Test]
    public void OneMissedBarIsEnough()
    {
        var runs = new PairedRuns("other", _cases);
        runs.Add(_cases[0], "USS", Runs.Of(10, serverCpuUs: 6));
        runs.Add(_cases[0], "other", Runs.Of(10, serverCpuUs: 10));
        var met = RatioBar.Cpu("first", 0.6);
        Assert.Multiple(() =>
        {
            Assert.That(runs.IsMissed([met]), Is.False);
            Assert.That(runs.IsMissed([met, RatioBar.Rate("first", "IOPS", 1.5)]), Is.True);
        });
    }

    [Test]
    public void RowsAreInTheOrderOfTheCases()
    {
        var runs = new PairedRuns("other", _cases);
        runs.Add(_cases[1], "USS", Runs.Of(1));
        runs.Add(_cases[0], "USS", Runs.Of(2, serverCpuUs: null));
        var rows = runs.Table().Split('\n', StringSplitOptions.RemoveEmptyEntries)[2..];
        Assert.Multiple(() =>
        {
            Assert.That(rows[0], Does.StartWith("| The first | USS | 2 |").And.Contain("| - |"));
            Assert.That(rows[1], Does.StartWith("| The second | USS | 1 |"));
        });
    }
}
