namespace Uss.EndToEnd.Crashes;

/// <summary>The checker sees what it is there to see.</summary>
public sealed class StampedBlockTests
{
    [Test]
    public void Read_TellsWholeBlocksFromTornMisplacedAndDamagedOnes()
    {
        var block = new byte[StampedBlock.Size];
        Assert.That(StampedBlock.Read(block, 7, out var problem), Is.Zero);
        Assert.That(problem, Is.Null);

        StampedBlock.Write(block, 7, 3);
        Assert.That(StampedBlock.Read(block, 7, out problem), Is.EqualTo(3));
        Assert.That(problem, Is.Null);

        StampedBlock.Read(block, 8, out problem);
        Assert.That(problem, Does.Contain("says block 7"), "misplaced");

        var torn = (byte[])block.Clone();
        var newer = new byte[StampedBlock.Size];
        StampedBlock.Write(newer, 7, 4);
        newer.AsSpan(2048).CopyTo(torn.AsSpan(2048));
        StampedBlock.Read(torn, 7, out problem);
        Assert.That(problem, Does.Contain("version 3").And.Contain("version 4"), "torn");

        block[4000] ^= 1;
        StampedBlock.Read(block, 7, out problem);
        Assert.That(problem, Does.Contain("byte 4000 differs"), "damaged");
    }
}
