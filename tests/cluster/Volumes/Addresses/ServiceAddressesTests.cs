using Uss.Runtime;

namespace Uss.Volumes.Addresses.Tests;

/// <summary>Service addresses are served by one node each, by its home when it can, and never by nobody for long.</summary>
public sealed class ServiceAddressesTests
{
    private const string AtHome = "10.0.0.0: 0, 10.0.0.1: 1, 10.0.0.2: 2";
    private const long Second = AddressRig.Second;

    [Test]
    public void Homes_serve_theirs()
    {
        using var rig = new AddressRig(1, 3);
        rig.Expect(AtHome, Second);
    }

    [Test]
    public void Another_node_serves_for_one_whose_process_is_gone_until_it_is_back()
    {
        using var rig = new AddressRig(1, 3);
        rig.Expect(AtHome, Second);
        rig.Kill(0);
        Assert.That(rig.World.RunUntil(() => rig.Served.Contains("10.0.0.0: ", StringComparison.Ordinal), Second / 2), "the lease is not waited for");
        rig.Start(0);
        rig.Expect(AtHome, Second);
    }

    [Test]
    public void Addresses_of_nodes_that_are_gone_spread()
    {
        using var rig = new AddressRig(2, 4);
        rig.Expect(AtHome + ", 10.0.0.3: 3", Second);
        rig.Kill(0);
        rig.Kill(1);
        rig.World.RunFor(5 * Second);
        Assert.That(rig.Served, Is.EqualTo("10.0.0.0: 2, 10.0.0.1: 3, 10.0.0.2: 2, 10.0.0.3: 3")
            .Or.EqualTo("10.0.0.0: 3, 10.0.0.1: 2, 10.0.0.2: 2, 10.0.0.3: 3"));
    }

    [Test]
    public void A_node_that_stops_in_good_order_is_followed_at_once()
    {
        using var rig = new AddressRig(3, 2);
        rig.Expect("10.0.0.0: 0, 10.0.0.1: 1", Second);
        rig.Stop(1);
        rig.Expect("10.0.0.0: 0, 10.0.0.1: 0", Second);
    }

    [Test]
    public void A_node_that_is_cut_off_lets_go_before_another_one_takes()
    {
        using var rig = new AddressRig(4, 3);
        rig.Expect(AtHome, Second);
        rig.CutOff(2, isCutOff: true);
        Assert.That(rig.World.RunUntil(() => !rig.Served.Contains("10.0.0.2: 2", StringComparison.Ordinal), 4 * Second), "it knows by its own clock");
        Assert.That(rig.World.RunUntil(() => rig.Served.Contains("10.0.0.2: ", StringComparison.Ordinal), 3 * Second));
        rig.CutOff(2, isCutOff: false);
        rig.Expect(AtHome, 20 * Second);
    }

    [Test]
    public void A_home_that_can_not_take_its_own_leaves_it_to_others()
    {
        using var rig = new AddressRig(5, 2);
        rig.Refusing.Add(0);
        Assert.That(rig.World.RunUntil(() => rig.Served.Contains("10.0.0.0: 1", StringComparison.Ordinal), 30 * Second), rig.Served);
        Assert.That(rig.Failures, Is.Not.Empty);
    }

    [Test]
    public void Addresses_come_move_and_go()
    {
        using var rig = new AddressRig(6, 2);
        var address = new ServiceAddress { Ip = "10.0.0.9", Port = 2049, Home = "node0" };
        rig.Put(address);
        rig.Expect("10.0.0.0: 0, 10.0.0.1: 1, 10.0.0.9: 0", 2 * Second);
        rig.Put(address with { Home = "node1" });
        rig.Expect("10.0.0.0: 0, 10.0.0.1: 1, 10.0.0.9: 1", 5 * Second);
        rig.Remove("10.0.0.9");
        rig.Expect("10.0.0.0: 0, 10.0.0.1: 1", 2 * Second);
    }

    [Test]
    public void After_whatever_happened_all_are_at_home([Range(1, 20)] int seed)
    {
        using var rig = new AddressRig((ulong)seed, 3);
        var random = new SeededRandom((ulong)seed);
        var isUp = new[] { true, true, true };
        for (var step = 0; step < 30; step++)
        {
            var node = random.Next(3);
            switch (random.Next(3))
            {
                case 0 when isUp[node]:
                    rig.Kill(node);
                    isUp[node] = false;
                    break;
                case 0:
                    rig.CutOff(node, isCutOff: false);
                    rig.Start(node);
                    isUp[node] = true;
                    break;
                default:
                    rig.CutOff(node, random.Next(2) == 0);
                    break;
            }

            rig.World.RunFor(random.Next(8) * Second / 2);
        }

        for (var node = 0; node < 3; node++)
        {
            rig.CutOff(node, isCutOff: false);
            if (!isUp[node])
                rig.Start(node);
        }

        rig.Expect(AtHome, 30 * Second);
    }
}
