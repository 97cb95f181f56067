namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Promise 9 of docs/invariants.md for real clients: the pool runs full under PostgreSQL on ext4 and fio with verification, in the
/// kernel guest. Both are told so, and with room again nothing that they were told is stored is missing.
/// </summary>
/// <remarks>
/// PostgreSQL stops when its log cannot be written, and recovers once its file system is mounted again. fio goes on with refused
/// writes; its mirror is of what was acknowledged (<c>KernelClient/mirrored-writes.c</c>). Room is made with a disk more in each node,
/// so that copies leave full disks under both loads; what is discarded and removed makes room in <see cref="FullDiskTests"/>.
/// </remarks>
[TestFixture]
public sealed class FullUnderRealLoadTests : GuestLoadTest
{
    private const int BallastLun = 3;
    private const string DiskSize = "320M";

    [Test]
    [CancelAfter(2 * TestLimit)]
    public void Fio_and_a_database_are_told_that_there_is_no_room_and_lose_nothing()
    {
        StartMachinesForGuest(new MachineOptions { Initiators = [Initiator, Initiators[^1]], DiskSizes = [DiskSize, DiskSize, DiskSize] });
        MakeVolume("ballast", "2G", BallastLun);
        var ballast = new Ballast(Sandbox, ThreeMachines.Portals[2], BallastLun, Initiators[^1]);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var answers = new Dictionary<string, Func<string>>
        {
            ["fill"] = () =>
            {
                ballast.Start();
                TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s: filling");
                return "done";
            },
            ["room"] = () =>
            {
                ballast.Stop();
                TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s: full with {ballast.WrittenBytes >> 20} MiB of ballast");
                Heal();
                Assert.That(Machines.Uss(3, "status").Succeeded(), Does.Match("node./disk0.* full").And.Contain("fix:"));
                AddDisks();
                return "done";
            },
        };
        using var guest = StartGuest("full.sh", new Dictionary<string, string>(), answers);
        guest.Succeeded(TimeSpan.FromSeconds(400));
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s\n{guest.Output}");
        Heal();
        ballast.Verify();
        CompareVolumes(guest.FileOf("mirror"));

        // What the old disks still have of groups that moved is nobody's copy: so the copies are compared by the cluster.
        Assert.That(Scrub.Run(Machines.Uss, Limit), Is.EqualTo((0L, 0L)), "damaged and lost blocks");
        TestContext.Out.WriteLine($"{clock.Elapsed.TotalSeconds:F1} s");
    }

    private void AddDisks() => Parallel.For(1, ThreeMachines.NodeCount + 1, node =>
    {
        var path = Path.Combine(Machines.FolderOf(node), "disk1.uss");
        Machines.Uss(node, "disk", "add", path, "--size", DiskSize, "--yes").Succeeded();
    });
}
