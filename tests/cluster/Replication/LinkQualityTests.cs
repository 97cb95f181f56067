namespace Uss.Replication.Tests;

[TestFixture]
public sealed class LinkQualityTests
{
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void One_late_answer_is_no_news_and_two_are()
    {
        var link = new LinkQuality();
        link.NoteLate(0);
        Assert.That(link.IsPoor(0), Is.False);
        link.NoteLate(11 * SecondNs);
        Assert.That(link.IsPoor(11 * SecondNs), Is.False, "too long ago");
        link.NoteLate(12 * SecondNs);
        Assert.That(link.IsPoor(12 * SecondNs));
        Assert.That(link.IsPoor(21 * SecondNs));
        Assert.That(link.IsPoor(22 * SecondNs), Is.False);
    }

    [Test]
    public void One_that_is_late_again_has_to_wait_longer()
    {
        var link = new LinkQuality();
        var nowNs = 0L;
        foreach (var holdNs in (long[])[10 * SecondNs, 20 * SecondNs, 40 * SecondNs, 60 * SecondNs, 60 * SecondNs])
        {
            link.NoteLate(nowNs);
            link.NoteLate(nowNs += SecondNs);
            Assert.That(link.IsPoor(nowNs + holdNs - 1));
            Assert.That(link.IsPoor(nowNs += holdNs), Is.False);
            nowNs += 11 * SecondNs;
        }

        nowNs += 61 * SecondNs;
        link.NoteLate(nowNs);
        link.NoteLate(nowNs);
        Assert.That(link.IsPoor(nowNs + (10 * SecondNs)), Is.False, "forgotten after a good minute");
    }
}
