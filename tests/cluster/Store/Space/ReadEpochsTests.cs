namespace Uss.Store.Tests;

public sealed class ReadEpochsTests
{
    [Test]
    public void A_read_holds_back_what_was_freed_after_it_began_and_nothing_else()
    {
        using var epochs = new ReadEpochs();
        using var frees = new PendingFrees();
        frees.Add(100, isDiscard: false);
        frees.Close(1, epochs.Next());
        Assert.That(frees.TryTake(1, epochs.Oldest, out _, out _), "freed before any read");
        var read = epochs.Begin();
        frees.Add(200, isDiscard: false);
        frees.Close(2, epochs.Next());
        Assert.That(frees.TryTake(2, epochs.Oldest, out _, out _), Is.False, "a read may see it");
        var later = epochs.Begin();
        Assert.That(epochs.End(read), "the oldest epoch ends");
        Assert.That(frees.TryTake(1, epochs.Oldest, out _, out _), Is.False, "its record may not be durable");
        Assert.That(frees.TryTake(2, epochs.Oldest, out var extent, out _));
        Assert.That(extent, Is.EqualTo(new Extent(200, 1)));
        epochs.End(later);
    }
}
