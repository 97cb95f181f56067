using Uss.Placement;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>What is refused before a disk or node is changed, and what reaches the node.</summary>
public sealed class ChangeServiceTests : ServiceFixture
{
    private const long DataBytes = 1L << 30;

    private static readonly Guid[] _ids = [.. Enumerable.Range(1, 4).Select(number => new Guid(number, 0, 0, new byte[8]))];

    private ChangeService Changes => Services.Changes;

    // Four nodes with a disk each, and a pool of three copies.
    [SetUp]
    public void AddNodes()
    {
        Node.Cluster = new NodeCluster { Nodes = [.. Enumerable.Range(1, 4).Select(NodeOf)], IsAlone = false };
        for (var index = 0; index < _ids.Length; index++)
            AddDisk(index, 192L << 20);
        AddPool(minimumCopies: 2, "r1", "r2", "r3", "r4");
    }

    [Test]
    public async Task A_drain_says_what_it_moves()
    {
        var plan = Good(await Changes.DrainNodeAsync("n4", true)).Single();
        Assert.That((plan.MovedCopies, plan.MovedBytes, plan.StuckCopies), Is.EqualTo((48, 192L << 20, 0)));
        Assert.That((plan.FewestCopies, plan.GroupsBelowMinimum, plan.IsRefused), Is.EqualTo((3, 0, false)));
        Assert.That(Node.Changed, Is.EqualTo(["drain node n4 True"]));
        Good(await Changes.DrainNodeAsync("n4", false));
        Assert.That(Node.Changed[^1], Is.EqualTo("drain node n4 False"));
    }

    [Test]
    public async Task A_drain_that_leaves_too_few_nodes_names_the_rule_and_does_nothing()
    {
        SetState(3, DiskState.Draining);
        ExpectFault(await Changes.DrainNodeAsync("n3", true), "too-few-domains", "3 copies on different nodes");
        ExpectFault(await Changes.DrainDiskAsync("n3/disk0", true), "too-few-domains", "n1, n2");
        Assert.That(Node.Changed, Is.Empty);
    }

    [Test]
    public async Task A_drain_that_the_others_have_no_room_for_is_refused()
    {
        for (var index = 0; index < _ids.Length; index++)
            Node.Disks[index] = Node.Disks[index] with { UsedBytes = DataBytes / 8 * 7 };
        ExpectFault(await Changes.DrainNodeAsync("n4", true), "too-full");
        Assert.That(Node.Changed, Is.Empty);
    }

    [Test]
    public async Task A_plan_says_when_groups_are_split_and_counts_the_moves_of_their_parts()
    {
        var before = Good(await Changes.PlanAsync([], [], [$"n4:{DataBytes}"])).Single();
        Assert.That((before.Groups, before.GroupsAfter), Is.EqualTo((64, 64)));
        Node.Pools[0] = Node.Pools[0] with { SplitBelowCopies = 40 };
        var split = Good(await Changes.PlanAsync([], [], [$"n4:{DataBytes}"])).Single();
        Assert.That((split.Groups, split.GroupsAfter), Is.EqualTo((64, 128)));
        Assert.That(split.MovedCopies, Is.GreaterThan(before.MovedCopies));
        Assert.That(split.MovedBytes, Is.EqualTo(before.MovedBytes).Within(15).Percent);
    }

    [Test]
    public async Task A_rule_that_was_broken_before_does_not_stand_in_the_way_of_an_undrain()
    {
        SetState(2, DiskState.Draining);
        SetState(3, DiskState.Draining);
        Good(await Changes.DrainNodeAsync("n4", false));
        Assert.That(Node.Changed, Is.EqualTo(["drain node n4 False"]));
    }

    [Test]
    public async Task The_stop_of_a_node_that_others_can_do_without_is_prepared()
    {
        var plan = Good(await Changes.SetMaintenanceAsync("n2", true, null)).Single();
        Assert.That((plan.MovedBytes, plan.FewestCopies, plan.GroupsBelowMinimum), Is.EqualTo((0L, 2, 0)));
        Assert.That(plan.PrimaryChanges, Is.EqualTo(16));
        Assert.That(Node.Changed, Is.EqualTo(["maintenance n2 True"]));
    }

    [Test]
    public async Task A_second_node_in_maintenance_needs_the_name_where_groups_would_wait()
    {
        SetMode("n1", "maintenance");
        ExpectFault(await Changes.SetMaintenanceAsync("n2", true, null), "copies-below-minimum", "--confirm n2");
        ExpectFault(await Changes.SetMaintenanceAsync("n2", true, "n1"), "copies-below-minimum");
        Assert.That(Node.Changed, Is.Empty);
        Assert.That(Good(await Changes.SetMaintenanceAsync("n2", true, "n2")).Single().GroupsBelowMinimum, Is.EqualTo(32));
        Good(await Changes.SetMaintenanceAsync("n1", false, null));
        Assert.That(Node.Changed, Is.EqualTo(["maintenance n2 True", "maintenance n1 False"]));
    }

    [Test]
    public async Task A_node_is_removed_by_its_name_repeated_and_not_when_it_is_alone()
    {
        ExpectFault(await Changes.RemoveNodeAsync("n2", null), "confirmation-required", "--confirm n2");
        ExpectFault(await Changes.RemoveNodeAsync("n2", "n3"), "confirmation-required");
        Assert.That(Node.Changed, Is.Empty);
        Good(await Changes.RemoveNodeAsync("n2", "n2"));
        Assert.That(Node.Changed, Is.EqualTo(["remove node n2"]));
        Node.Cluster = Node.Cluster with { IsAlone = true };
        ExpectFault(await Changes.RemoveNodeAsync("n2", "n2"), "node-in-use");
    }

    [Test]
    public async Task A_disk_is_removed_by_its_name_repeated()
    {
        ExpectFault(await Changes.RemoveDiskAsync("n2/disk0", null), "confirmation-required", "--confirm n2/disk0");
        ExpectFault(await Changes.RemoveDiskAsync("n2/disk0", "n3/disk0"), "confirmation-required");
        Good(await Changes.RemoveDiskAsync(_ids[1].ToString(), "n2/disk0"));
        Assert.That(Node.Changed, Is.EqualTo([$"remove disk {_ids[1]:N}"]));
    }

    [Test]
    public async Task A_name_that_several_nodes_disks_have_is_refused()
    {
        ExpectFault(await Changes.RemoveDiskAsync("disk0", "disk0"), "bad-disk", "n1/disk0, n2/disk0");
        ExpectFault(await Changes.DrainDiskAsync("disk0", true), "bad-disk");
        ExpectFault(await Changes.SafeToPullAsync("disk0"), "bad-disk");
        ExpectFault(await Changes.PlanAsync(["disk0"], [], []), "bad-disk");
        Node.Disks[2] = Node.Disks[2] with { Name = "disk7" };
        Good(await Changes.DrainDiskAsync("disk7", true));
        Assert.That(Node.Changed, Is.EqualTo([$"drain disk {_ids[2]:N} True"]));
    }

    [Test]
    public async Task What_does_not_exist_is_named()
    {
        ExpectFault(await Changes.DrainNodeAsync("n9", true), "node-not-found", "n9");
        ExpectFault(await Changes.SetMaintenanceAsync("n9", true, "n9"), "node-not-found", "n9");
        ExpectFault(await Changes.RemoveNodeAsync("n9", "n9"), "node-not-found", "n9");
        ExpectFault(await Changes.DrainDiskAsync("n1/disk9", true), "disk-not-found", "n1/disk9");
        ExpectFault(await Changes.RemoveDiskAsync("n1/disk9", "n1/disk9"), "disk-not-found");
        ExpectFault(await Changes.PlanAsync(["node/n9"], [], []), "node-not-found");
        ExpectFault(await Changes.PlanAsync([], ["n9"], []), "disk-not-found");
        ExpectFault(await Changes.PlanAsync([], [], ["n9:1000"]), "node-not-found", "n9");
        ExpectFault(await Changes.PlanAsync([], [], ["n1"]), "bad-disk", "n1");
        ExpectFault(await Changes.PlanAsync([], [], ["n1:-5"]), "bad-disk");
        Assert.That(Node.Changed, Is.Empty);
    }

    [TestCase("n1:1073741824")]
    [TestCase("+n5:1073741824")]
    public async Task A_disk_that_is_added_gets_its_share(string disk)
    {
        var plan = Good(await Changes.PlanAsync([], [], [disk])).Single();
        Assert.That(plan.IsRefused, Is.False);
        Assert.That(plan.MovedCopies, Is.InRange(disk[0] == '+' ? 38 : 16, 48));
        Assert.That(Node.Changed, Is.Empty, "a plan changes nothing");
    }

    [Test]
    public async Task A_disk_is_added_where_it_can_be_opened()
    {
        var body = new AddDisk { Path = "/dev/sdc", Replaces = "n1/disk0" };
        ExpectFault(await Changes.AddDiskAsync(body with { Path = "sdc" }), "bad-path", "sdc");
        ExpectFault(await Changes.AddDiskAsync(body with { SizeBytes = 17 }), "bad-size");
        ExpectFault(await Changes.AddDiskAsync(body with { Class = "so fast" }), "bad-class");
        ExpectFault(await Changes.AddDiskAsync(body with { Node = "n2" }), "bad-node", "--data");
        ExpectFault(await Changes.AddDiskAsync(body with { Node = "n9" }), "node-not-found");
        ExpectFault(await Changes.AddDiskAsync(body with { Replaces = "n1/disk9" }), "disk-not-found");
        Assert.That(Node.Changed, Is.Empty);
        Good(await Changes.AddDiskAsync(body with { Node = "n1" }));
        Assert.That(Node.Changed, Is.EqualTo([$"add /dev/sdc for {_ids[0]:N}"]));
    }

    [Test]
    public async Task A_disk_is_safe_to_pull_while_its_groups_have_enough_copies_elsewhere()
    {
        Assert.That(Good(await Changes.SafeToPullAsync("n1/disk0")).IsSafe);
        for (var index = 0; index < Node.Groups.Count; index++)
            Node.Groups[index] = Node.Groups[index] with { Usable = [.. Node.Groups[index].Usable.Where(disk => disk != _ids[1])] };
        var below = Good(await Changes.SafeToPullAsync("n1/disk0"));
        Assert.That((below.IsSafe, below.Reason), Is.EqualTo((false, "32 of its 48 placement groups would have too few copies and wait")));
        for (var index = 0; index < Node.Groups.Count; index++)
            Node.Groups[index] = Node.Groups[index] with { Usable = [.. Node.Groups[index].Usable.Where(disk => disk == _ids[0])] };
        Assert.That(Good(await Changes.SafeToPullAsync("n1/disk0")).Reason, Is.EqualTo("48 placement groups have their last copy there"));
        Node.Groups.Clear();
        var empty = Good(await Changes.SafeToPullAsync("n1/disk0"));
        Assert.That((empty.IsSafe, empty.Reason), Is.EqualTo((true, "no placement group has a copy there")));
    }

    [Test]
    public async Task A_class_that_a_pool_counts_on_stays_and_another_one_says_what_moves()
    {
        Node.Pools[0] = Node.Pools[0] with
        {
            Policy = new PoolPolicy { Name = "p", Copies = 3, Groups = 64, FailureDomain = FailureDomain.Node, DiskClass = "ssd" },
            Topology = new Topology(Node.Pools[0].Topology.Disks.Select(disk => disk with { Class = "ssd" })),
        };
        var plan = Good(await Changes.SetClassAsync("n4/disk0", new ChangeDisk { Class = "hdd" })).Single();
        Assert.That((plan.MovedCopies, plan.StuckCopies, plan.FewestCopies), Is.EqualTo((48, 0, 3)));
        Assert.That(Node.Changed, Is.EqualTo([$"class {_ids[3]:N} hdd"]));
        Node.Pools[0] = Node.Pools[0] with
        {
            Topology = new Topology(Node.Pools[0].Topology.Disks.Select(disk => disk.Id == _ids[3] ? disk with { Class = "hdd" } : disk)),
        };
        ExpectFault(await Changes.SetClassAsync("n3/disk0", new ChangeDisk { Class = "hdd" }), "too-few-domains", "disks of class ssd; there are 2");
        ExpectFault(await Changes.SetClassAsync("n3/disk0", new ChangeDisk { Class = "HDD" }), "bad-class", "HDD");
        ExpectFault(await Changes.SetClassAsync("n3/disk9", new ChangeDisk { Class = "hdd" }), "disk-not-found");
        ExpectFault(await Changes.SetClassAsync("disk0", new ChangeDisk { Class = "hdd" }), "bad-disk");
        Assert.That(Node.Changed, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_place_that_puts_copies_together_is_refused_and_another_one_says_what_moves()
    {
        var policy = Node.Pools[0].Policy with { FailureDomain = FailureDomain.Rack };
        Node.Pools[0] = Node.Pools[0] with { Policy = policy };
        var plan = Good(await Changes.SetPlaceAsync("n4", new ChangeNode { Rack = "r3" })).Single();
        Assert.That((plan.MovedCopies > 0, plan.FewestCopies), Is.EqualTo((true, 3)));
        Assert.That(Node.Changed, Is.EqualTo(["place n4 r3 -"]));
        var topology = new Topology(Node.Pools[0].Topology.Disks.Select(disk => disk.Node == "n4" ? disk with { Rack = "r3" } : disk));
        Node.Pools[0] = Node.Pools[0] with { Map = PlacementSolver.Solve(topology, policy, Node.Pools[0].Map).Map, Topology = topology };
        ExpectFault(await Changes.SetPlaceAsync("n2", new ChangeNode { Rack = "r1" }), "too-few-domains", "3 copies on different racks");
        ExpectFault(await Changes.SetPlaceAsync("n2", new ChangeNode { Rack = "r/1" }), "bad-rack");
        ExpectFault(await Changes.SetPlaceAsync("n2", new ChangeNode { Site = "" }), "bad-site");
        ExpectFault(await Changes.SetPlaceAsync("n2", new ChangeNode()), "bad-place");
        ExpectFault(await Changes.SetPlaceAsync("n9", new ChangeNode { Rack = "r1" }), "node-not-found");
        Assert.That(Node.Changed, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Other_numbers_of_copies_say_what_moves_and_a_minimum_that_is_not_there_is_refused()
    {
        Good(await Changes.SetPoolAsync("p", new ChangePool { MinimumCopies = 3 }));
        Assert.That(Good(await Changes.SetPoolAsync("p", new ChangePool { Copies = 4 })).Single().MovedCopies, Is.EqualTo(64));
        Good(await Changes.SetPoolAsync("p", new ChangePool { Copies = 2 }));
        Assert.That(Node.Changed, Is.EqualTo(["pool p  3", "pool p 4 ", "pool p 2 "]));
        ExpectFault(await Changes.SetPoolAsync("p", new ChangePool { MinimumCopies = 4 }), "bad-policy");
        ExpectFault(await Changes.SetPoolAsync("p", new ChangePool { Copies = 5 }), "too-few-domains", "5 copies on different nodes");
        ExpectFault(await Changes.SetPoolAsync("p", new ChangePool()), "bad-pool");
        ExpectFault(await Changes.SetPoolAsync("q", new ChangePool { Copies = 2 }), "pool-not-found", "q");
        Node.Groups[7] = Node.Groups[7] with { Usable = [.. Node.Groups[7].Usable.Take(2)] };
        ExpectFault(await Changes.SetPoolAsync("p", new ChangePool { MinimumCopies = 3 }), "copies-below-minimum", "1 placement groups");
        Good(await Changes.SetPoolAsync("p", new ChangePool { MinimumCopies = 1 }));
        Assert.That(Node.Changed, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task An_empty_pool_is_removed_by_its_name_repeated()
    {
        Node.Pools[0] = Node.Pools[0] with { View = Node.Pools[0].View with { Volumes = 0 } };
        ExpectFault(await Changes.RemovePoolAsync("p", null), "confirmation-required", "--confirm p");
        ExpectFault(await Changes.RemovePoolAsync("q", "q"), "pool-not-found");
        Good(await Changes.RemovePoolAsync("p", "p"));
        Assert.That(Node.Changed, Is.EqualTo(["remove pool p"]));
    }

    private static NodeView NodeOf(int number) => new()
    {
        Name = $"n{number}",
        State = "up",
        Address = $"10.0.0.{number}:7400",
        Rack = $"r{number}",
        Site = "site",
        Disks = 1,
        DataBytes = DataBytes,
        PrimaryGroups = 16,
        InSyncGroups = 48,
        IsAsked = number == 1,
    };

    private void AddDisk(int index, long usedBytes) => Node.Disks.Add(new DiskView
    {
        Name = "disk0",
        Node = $"n{index + 1}",
        Path = $"/d{index}/disk0.uss",
        State = "healthy",
        Id = _ids[index].ToString(),
        DataBytes = DataBytes,
        UsedBytes = usedBytes,
    });

    private void AddPool(int minimumCopies, params string[] racks)
    {
        var topology = new Topology(_ids.Select((id, index) =>
            new TopologyDisk { Id = id, WeightBytes = DataBytes, Node = $"n{index + 1}", Rack = racks[index] }));
        var policy = new PoolPolicy { Name = "p", Copies = 3, MinimumCopies = minimumCopies, Groups = 64, FailureDomain = FailureDomain.Node };
        var map = PlacementSolver.Solve(topology, policy).Map;
        var view = new PoolView
        {
            Name = "p",
            Copies = 3,
            MinimumCopies = minimumCopies,
            FailureDomain = "node",
            Groups = 64,
            DegradedGroups = 0,
            UnavailableGroups = 0,
            Volumes = 1,
            MapVersion = 1,
        };
        Node.Pools.Add(new NodePool(view, policy, map, topology));
        Node.Groups.AddRange(map.Rows.Select((row, index) => new NodeGroup
        {
            Pool = "p",
            Index = index,
            Row = row,
            InSync = row,
            Usable = row,
            Primary = row[0],
            MinimumCopies = minimumCopies,
        }));
    }

    private void SetState(int index, DiskState state) => Node.Pools[0] = Node.Pools[0] with
    {
        Topology = new Topology(Node.Pools[0].Topology.Disks.Select(disk => disk.Id == _ids[index] ? disk with { State = state } : disk)),
    };

    private void SetMode(string name, string mode) => Node.Cluster = Node.Cluster with
    {
        Nodes = [.. Node.Cluster.Nodes.Select(node => node.Name == name ? node with { Mode = mode } : node)],
    };
}
