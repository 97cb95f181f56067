using Uss.Runtime;

namespace Uss.Store.Tests;

public sealed unsafe class FrozenPagesTests
{
    [Test]
    public void What_was_frozen_stays_while_work_goes_on([Range(1, 5)] int seed)
    {
        const int pages = 40;
        using var array = new FrozenPages(pages);
        var random = new SeededRandom((ulong)seed);
        var now = new byte[pages];
        for (var round = 0; round < 20; round++)
        {
            Change(array, random, now, 30);
            array.Freeze();
            var frozen = now.ToArray();
            for (var page = 0; page < pages; page++)
            {
                Change(array, random, now, 3);
                var content = array.ReadFrozen(page);
                Assert.That(content == null ? 0 : content[page], Is.EqualTo(frozen[page]));
                array.Release(page);
            }

            array.Thaw();
            for (var page = 0; page < pages; page++)
                Assert.That(array.Read(page) == null ? 0 : array.Read(page)[page], Is.EqualTo(now[page]));
        }
    }

    private static void Change(FrozenPages array, SeededRandom random, byte[] now, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var page = random.Next(now.Length);
            array.Write(page)[page] = now[page] = (byte)random.NextUInt64();
        }
    }
}
