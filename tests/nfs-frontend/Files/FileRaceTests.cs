namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Writes, truncations and changes of the owner at the same time: what is cut off stays away, what was acknowledged stays there.</summary>
public sealed class FileRaceTests
{
    [Test]
    public void Truncations_and_late_writes([Range(1u, 4u)] uint seed) => Go(seed, 40);

    [Test]
    [Category("Full")]
    public void Truncations_and_late_writes_for_long([Range(100u, 140u)] uint seed) => Go(seed, 400);

    private static void Go(ulong seed, int rounds)
    {
        using var rig = new RaceRig(seed);
        for (var round = 0; round < rounds; round++)
            rig.Round();
        Assert.That(rig.Reactor.Buffers.RentedBuffers, Is.Zero);
    }
}
