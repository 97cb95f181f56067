namespace Uss.Volumes.Tests;

[TestFixture]
public sealed class RejoinPaceTests
{
    private const long SecondNs = 1_000_000_000;

    [Test]
    public void One_group_after_a_pause_and_twice_as_many_with_each_that_succeeds()
    {
        var pace = new RejoinPace(8, 0);
        Assert.That(pace.MayBegin(SecondNs - 1), Is.False);
        Assert.That(Begin(pace, SecondNs), Is.EqualTo(1));
        pace.End(isInSync: true);
        Assert.That(Begin(pace, SecondNs), Is.EqualTo(2));
        pace.End(isInSync: true);
        pace.End(isInSync: false);
        Assert.That(Begin(pace, SecondNs), Is.EqualTo(4));
        Assert.That(pace.IsOver, Is.False);
        pace.End(isInSync: true);
        Assert.That(pace.IsOver);
    }

    [Test]
    public void A_failure_begins_anew_after_a_longer_pause()
    {
        var pace = new RejoinPace(8, 0);
        Begin(pace, SecondNs);
        pace.End(isInSync: true);
        pace.NoteFailure(2 * SecondNs);
        pace.NoteFailure(6 * SecondNs);
        Assert.That(pace.MayBegin(7 * SecondNs - 1), Is.False);
        Assert.That(Begin(pace, 7 * SecondNs), Is.EqualTo(1), "what fails in the pause does not prolong it");
    }

    private static int Begin(RejoinPace pace, long nowNs)
    {
        var begun = 0;
        for (; pace.MayBegin(nowNs); begun++)
            pace.Begin();
        return begun;
    }
}
