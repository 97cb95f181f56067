namespace Uss.Store.Tests;

public sealed class ObjectStoreTests
{
    private static readonly ObjectId _object = new(7, 3);

    [Test]
    public void What_was_written_is_read_back_and_the_rest_reads_as_zeros()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            Assert.That(await rig.WriteAsync(_object, 10, 3, 42, 1), Is.EqualTo(StoreStatus.Ok));
            var (result, stamps) = await rig.ReadAsync(_object, 9, 5);
            Assert.That(result.IsOk);
            Assert.That(stamps, Is.EqualTo(new[] { Stamp.Zeros, new(42, 0), new(42, 1), new(42, 2), Stamp.Zeros }));
        });
        rig.Close();
    }

    [Test]
    public void Acknowledged_writes_survive_a_power_cut()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var status = await rig.WriteAsync(new ObjectId(1, (uint)i % 5), i, 2, (ulong)i + 1, (ulong)i + 1);
                Assert.That(status, Is.EqualTo(StoreStatus.Ok));
            }

        });
        rig.PowerCut();
        rig.Open();
        rig.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                var (result, stamps) = await rig.ReadAsync(new ObjectId(1, (uint)i % 5), i, 1);
                Assert.That(result.IsOk);
                Assert.That(stamps[0], Is.EqualTo(new Stamp((ulong)i + 1, 0)));
            }
        });
        Assert.That(rig.Store.HighestVersion, Is.EqualTo(50));
        rig.Close();
    }

    [Test]
    public void An_older_version_does_not_replace_a_newer_one()
    {
        using var rig = new StoreRig();
        rig.Open();
        rig.Run(async () =>
        {
            await rig.WriteAsync(_object, 0, 2, 1, 10);
            await rig.WriteAsync(_object, 1, 2, 2, 5);
            var (_, stamps) = await rig.ReadAsync(_object, 0, 3);
            Assert.That(stamps, Is.EqualTo(new[] { new Stamp(1, 0), new(1, 1), new(2, 1) }));
        });
        rig.Close();
    }
}
