using Uss.NfsFrontend.Nfs;
using Uss.Simulation.Nfs;

namespace Uss.NfsFrontend.Owners.Tests;

/// <summary>Owners that die or stand still: clients see a pause, and nothing is lost or done twice.</summary>
[TestFixture]
public sealed class FailOverTests
{
    private const long SecondNs = NfsFixture.SecondNs;

    [Test]
    public void Calls_wait_for_the_next_owner_and_see_no_error()
    {
        using var fixture = new NfsFixture(nodes: 3);
        var owner = fixture.Owner;
        var client = fixture.Client("c0", (owner + 1) % 3);
        var file = fixture.CreateFile(client, "a");
        Assert.That(fixture.Call(client, NfsCall.Write(file, 0, "before"u8)).Status, Is.EqualTo(NfsStatus.Ok));
        fixture.Kill(owner);
        var run = fixture.Start(client, NfsCall.Write(file, 6, " after"u8));
        Assert.That(fixture.World.RunUntil(() => run.IsDone, 30 * SecondNs));
        Assert.Multiple(() =>
        {
            Assert.That((run.Result!.Status, run.Result.LengthBefore), Is.EqualTo((NfsStatus.Ok, 6ul)));
            Assert.That(client.Resent, Is.Zero);
            Assert.That(fixture.Owner, Is.Not.EqualTo(owner));
            Assert.That(fixture.Call(client, NfsCall.Read(file, 0, 100)).Data, Is.EqualTo("before after"u8.ToArray()));
        });
        fixture.Restart(owner);
    }

    [Test]
    public void Handles_outlive_all_processes()
    {
        using var fixture = new NfsFixture(nodes: 3);
        var client = fixture.Client("c0", 0, 1, 2);
        var file = fixture.CreateFile(client, "a");
        for (var node = 0; node < 3; node++)
            fixture.Kill(node);
        for (var node = 0; node < 3; node++)
            fixture.Cluster.Restart(node);
        for (var node = 0; node < 3; node++)
            fixture.Restart(node, isStarted: true);
        for (var node = 0; node < 3; node++)
        {
            var found = fixture.Call(fixture.Client($"d{node}", node), NfsCall.Lookup(NfsFixture.Root, "a"));
            Assert.That((found.Status, found.Handle), Is.EqualTo((NfsStatus.Ok, file)));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_call_that_is_sent_again_is_not_done_again(bool isKilled)
    {
        using var fixture = new NfsFixture(nodes: 3);
        var owner = fixture.Owner;
        var (one, other) = ((owner + 1) % 3, (owner + 2) % 3);
        var client = fixture.Client("c0", one, other);
        var guard = fixture.Client("c1", other);
        var file = fixture.CreateFile(client, "a");
        var made = fixture.Call(client, NfsCall.MakeDirectory(NfsFixture.Root, "d"), 1000);
        Assert.That(fixture.Call(client, NfsCall.Remove(NfsFixture.Root, "a"), 1001).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(client, NfsCall.Rename(NfsFixture.Root, "d", NfsFixture.Root, "e"), 1002).Status, Is.EqualTo(NfsStatus.Ok));

        // What another client made meanwhile must not go.
        var second = fixture.CreateFile(guard, "a");
        Assert.That(fixture.Call(guard, NfsCall.MakeDirectory(NfsFixture.Root, "d")).Status, Is.EqualTo(NfsStatus.Ok));
        if (isKilled)
            fixture.Kill(owner);
        client.Break();
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Call(client, NfsCall.MakeDirectory(NfsFixture.Root, "d"), 1000).Handle, Is.EqualTo(made.Handle));
            Assert.That(fixture.Call(client, NfsCall.Remove(NfsFixture.Root, "a"), 1001).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Call(client, NfsCall.Rename(NfsFixture.Root, "d", NfsFixture.Root, "e"), 1002).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(fixture.Call(guard, NfsCall.Lookup(NfsFixture.Root, "a")).Handle, Is.EqualTo(second));
            Assert.That(fixture.Call(guard, NfsCall.Lookup(NfsFixture.Root, "e")).Handle, Is.EqualTo(made.Handle));
            Assert.That(fixture.Call(guard, NfsCall.Lookup(NfsFixture.Root, "d")).Status, Is.EqualTo(NfsStatus.Ok));

            // The number alone is not the call.
            Assert.That(fixture.Call(client, NfsCall.Remove(NfsFixture.Root, "d"), 1001).Status, Is.EqualTo(NfsStatus.IsDirectory));
            Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Attributes!.Value.Links, Is.Zero);
        });
        if (isKilled)
            fixture.Restart(owner);
    }

    [Test]
    public void An_owner_that_stood_still_tells_nothing_old()
    {
        using var fixture = new NfsFixture(nodes: 3);
        var owner = fixture.Owner;
        var client = fixture.Client("c0", (owner + 1) % 3);
        var old = fixture.Client("c1", owner);
        var file = fixture.CreateFile(client, "a");
        Assert.That(fixture.Call(old, NfsCall.GetAttributes(file)).Attributes!.Value.Length, Is.Zero);
        fixture.World.Freeze(fixture.Cluster.Reactors[owner]);

        // It comes to the frozen front-end, and is answered once that goes on.
        var asked = fixture.Start(old, NfsCall.GetAttributes(file));
        Assert.That(fixture.Call(client, NfsCall.Write(file, 0, "new"u8)).Status, Is.EqualTo(NfsStatus.Ok));
        var late = fixture.Start(old, NfsCall.Read(file, 0, 10));
        fixture.World.Thaw(fixture.Cluster.Reactors[owner]);
        Assert.That(fixture.World.RunUntil(() => asked.IsDone && late.IsDone, 30 * SecondNs));
        Assert.That(late.Result!.Data, Is.EqualTo("new"u8.ToArray()));
        Assert.That(fixture.Call(old, NfsCall.GetAttributes(file)).Attributes!.Value.Length, Is.EqualTo(3));
    }

    [Test]
    public void Times_and_lengths_go_on_where_the_owner_before_left_them()
    {
        using var fixture = new NfsFixture(nodes: 3);
        var owner = fixture.Owner;
        var client = fixture.Client("c0", (owner + 1) % 3);
        var file = fixture.CreateFile(client, "a");
        var before = fixture.Call(client, NfsCall.Write(file, 0, new byte[5000])).Attributes!.Value;
        fixture.Kill(owner);
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Attributes, Is.EqualTo(before));
        var after = fixture.Call(client, NfsCall.Write(file, 0, "x"u8)).Attributes!.Value;
        Assert.That((after.Changed.Seconds, after.Changed.Nanoseconds), Is.GreaterThan((before.Changed.Seconds, before.Changed.Nanoseconds)));
        fixture.Restart(owner);
    }

    [Test]
    public void A_removed_file_goes_with_its_contents_after_a_while()
    {
        using var fixture = new NfsFixture(nodes: 3);
        var client = fixture.Client("c0", 0, 1, 2);
        var file = fixture.CreateFile(client, "a");
        fixture.Call(client, NfsCall.Write(file, 0, new byte[50_000]));
        var inode = fixture.Call(client, NfsCall.GetAttributes(file)).Attributes!.Value.Inode;
        Assert.That(fixture.Call(client, NfsCall.Remove(NfsFixture.Root, "a")).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(client, NfsCall.Read(file, 0, 50_000)).Data, Has.Length.EqualTo(50_000));
        Assert.That(fixture.IsStored(inode));
        fixture.World.RunFor(80 * SecondNs);
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(fixture.IsStored(inode), Is.False);
    }
}
