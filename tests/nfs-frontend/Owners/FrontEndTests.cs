using System.Net;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.OncRpc;
using Uss.Simulation.Nfs;

namespace Uss.NfsFrontend.Owners.Tests;

/// <summary>One file system through the front-ends of one node and of three.</summary>
[TestFixture(1)]
[TestFixture(3)]
public sealed class FrontEndTests(int nodes)
{
    [Test]
    public void What_one_front_end_changes_every_other_one_shows_at_once()
    {
        using var fixture = new NfsFixture(nodes);
        var clients = Clients(fixture);
        var file = fixture.CreateFile(clients[0], "a");
        for (var round = 0; round < nodes; round++)
        {
            // Not on the boundary of a block.
            var data = Enumerable.Repeat((byte)(round + 1), 5000).ToArray();
            var written = fixture.Call(clients[round], NfsCall.Write(file, 100 + (round * 5000), data));
            Assert.That((written.Status, written.Count), Is.EqualTo((NfsStatus.Ok, 5000u)));
            foreach (var reader in clients)
            {
                var attributes = fixture.Call(reader, NfsCall.GetAttributes(file)).Attributes!.Value;
                var read = fixture.Call(reader, NfsCall.Read(file, 100 + (round * 5000), 8192));
                Assert.Multiple(() =>
                {
                    Assert.That(attributes.Length, Is.EqualTo(5100 + (round * 5000)));
                    Assert.That(attributes, Is.EqualTo(written.Attributes));
                    Assert.That(read.Data, Is.EqualTo(data));
                    Assert.That(read.IsEnd);
                });
            }
        }

        var start = fixture.Call(clients[^1], NfsCall.Read(file, 0, 101));
        Assert.That((start.Data.Take(100).All(one => one == 0), start.Data[100], start.IsEnd), Is.EqualTo((true, (byte)1, false)));
    }

    [Test]
    public void Names_are_the_same_through_every_front_end()
    {
        using var fixture = new NfsFixture(nodes);
        var clients = Clients(fixture);
        var last = clients[^1];
        var file = fixture.CreateFile(clients[0], "a");
        var directory = fixture.Call(last, NfsCall.MakeDirectory(NfsFixture.Root, "d"));
        Assert.That(directory.Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(last, NfsCall.Rename(NfsFixture.Root, "a", directory.Handle, "b")).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(clients[0], NfsCall.Link(file, NfsFixture.Root, "c")).Attributes!.Value.Links, Is.EqualTo(2));
        foreach (var client in clients)
        {
            var found = fixture.Call(client, NfsCall.Lookup(directory.Handle, "b"));
            Assert.Multiple(() =>
            {
                Assert.That(fixture.Call(client, NfsCall.Lookup(NfsFixture.Root, "a")).Status, Is.EqualTo(NfsStatus.NoEntry));
                Assert.That(found.Handle, Is.EqualTo(file));
                Assert.That(Names(fixture, client, NfsFixture.Root), Is.EquivalentTo([".", "..", "c", "d"]));
                Assert.That(Names(fixture, client, directory.Handle), Is.EquivalentTo([".", "..", "b"]));
                Assert.That(
                    fixture.Call(client, NfsCall.Create(NfsFixture.Root, "c", CreateMode.Guarded)).Status, Is.EqualTo(NfsStatus.Exists));
                Assert.That(fixture.Call(client, NfsCall.RemoveDirectory(NfsFixture.Root, "d")).Status, Is.EqualTo(NfsStatus.NotEmpty));
            });
        }

        Assert.That(fixture.Call(last, NfsCall.Remove(directory.Handle, "b")).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(clients[0], NfsCall.RemoveDirectory(NfsFixture.Root, "d")).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(fixture.Call(last, NfsCall.GetAttributes(directory.Handle)).Status, Is.EqualTo(NfsStatus.Stale));
        Assert.That(fixture.Call(last, NfsCall.GetAttributes(file)).Attributes!.Value.Links, Is.EqualTo(1));
    }

    [Test]
    public void An_exclusive_creation_is_one_whoever_asks_again()
    {
        using var fixture = new NfsFixture(nodes);
        var clients = Clients(fixture);
        var made = fixture.Call(clients[0], NfsCall.Create(NfsFixture.Root, "a", CreateMode.Exclusive, 7));
        var again = fixture.Call(clients[^1], NfsCall.Create(NfsFixture.Root, "a", CreateMode.Exclusive, 7));
        var other = fixture.Call(clients[^1], NfsCall.Create(NfsFixture.Root, "a", CreateMode.Exclusive, 8));
        Assert.Multiple(() =>
        {
            Assert.That((made.Status, again.Status, other.Status), Is.EqualTo((NfsStatus.Ok, NfsStatus.Ok, NfsStatus.Exists)));
            Assert.That(again.Handle, Is.EqualTo(made.Handle));
        });
    }

    [Test]
    public void What_a_truncation_cut_off_stays_zero()
    {
        using var fixture = new NfsFixture(nodes);
        var clients = Clients(fixture);
        var file = fixture.CreateFile(clients[0], "a");
        fixture.Call(clients[0], NfsCall.Write(file, 0, Enumerable.Repeat((byte)9, 20_000).ToArray()));
        Assert.That(fixture.Call(clients[^1], NfsCall.SetLength(file, 6000)).Attributes!.Value.Length, Is.EqualTo(6000));
        Assert.That(fixture.Call(clients[0], NfsCall.SetLength(file, 20_000)).Attributes!.Value.Length, Is.EqualTo(20_000));
        var read = fixture.Call(clients[^1], NfsCall.Read(file, 0, 20_000)).Data;
        Assert.That((read.Count(one => one == 9), read.Take(6000).All(one => one == 9), read.Length), Is.EqualTo((6000, true, 20_000)));
    }

    [Test]
    public void Forged_handles_are_refused()
    {
        using var fixture = new NfsFixture(nodes);
        var client = fixture.Client("c0", nodes - 1);
        var file = fixture.CreateFile(client, "a");
        for (var position = 0; position < FileHandle.Size; position++)
        {
            var forged = file.ToArray();
            forged[position] ^= 1;
            Assert.That(fixture.Call(client, NfsCall.GetAttributes(forged)).Status, Is.EqualTo(NfsStatus.BadHandle), $"byte {position}");
        }

        Assert.That(fixture.Call(client, NfsCall.GetAttributes([])).Status, Is.EqualTo(NfsStatus.BadHandle));
        Assert.That(fixture.Call(client, NfsCall.Rename(file, "x", new byte[32], "y")).Status, Is.EqualTo(NfsStatus.BadHandle));
        Assert.That(fixture.Call(client, NfsCall.Write(new byte[32], 0, "x"u8)).Status, Is.EqualTo(NfsStatus.BadHandle));
        var nowhere = NfsFixture.Handle(new FileHandle { Export = 1, FileSystem = 2, Inode = 1, Generation = 1 });
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(nowhere)).Status, Is.EqualTo(NfsStatus.Stale));
        var gone = NfsFixture.Handle(new FileHandle { Export = 1, FileSystem = 1, Inode = 999, Generation = 1 });
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(gone)).Status, Is.EqualTo(NfsStatus.Stale));
    }

    [Test]
    public void The_rules_of_exports_count_for_every_request()
    {
        using var fixture = new NfsFixture(nodes);
        var client = fixture.Client("c0", nodes - 1);
        var file = fixture.CreateFile(client, "a");
        var server = fixture.Servers[nodes - 1]!;
        var rule = NfsFixture.Open.Rules[0];

        server.Exports = new ExportTable([NfsFixture.Open with { Rules = [rule with { IsReadOnly = true }] }]);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Call(client, NfsCall.Write(file, 0, "x"u8)).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.SetLength(file, 0)).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.Remove(NfsFixture.Root, "a")).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.Rename(NfsFixture.Root, "a", NfsFixture.Root, "b")).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.Link(file, NfsFixture.Root, "b")).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.MakeDirectory(NfsFixture.Root, "d")).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(
                fixture.Call(client, NfsCall.Create(NfsFixture.Root, "b", CreateMode.Guarded)).Status, Is.EqualTo(NfsStatus.ReadOnly));
            Assert.That(fixture.Call(client, NfsCall.Read(file, 0, 1)).Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(Names(fixture, client, NfsFixture.Root), Does.Contain("a"));
        });

        server.Exports = new ExportTable([NfsFixture.Open with { Rules = [rule with { Clients = IPNetwork.Parse("10.99.0.0/16") }] }]);
        Assert.Multiple(() =>
        {
            Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Call(client, NfsCall.Read(file, 0, 1)).Status, Is.EqualTo(NfsStatus.AccessDenied));
            Assert.That(fixture.Call(client, NfsCall.Write(file, 0, "x"u8)).Status, Is.EqualTo(NfsStatus.AccessDenied));
        });

        server.Exports = new ExportTable([]);
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Status, Is.EqualTo(NfsStatus.Stale));
        server.Exports = new ExportTable([NfsFixture.Open]);
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void Root_is_nobody_where_the_rule_says_so()
    {
        using var fixture = new NfsFixture(nodes);
        var client = fixture.Client("c0", nodes - 1);
        fixture.Servers[nodes - 1]!.Exports = new ExportTable(
            [NfsFixture.Open with { Rules = [NfsFixture.Open.Rules[0] with { Squash = Squash.Root }] }]);
        var made = fixture.Call(client, NfsCall.Create(NfsFixture.Root, "a", CreateMode.Guarded));
        Assert.That((made.Attributes!.Value.UserId, made.Attributes.Value.GroupId), Is.EqualTo((ExportRule.Nobody, ExportRule.Nobody)));
    }

    [Test]
    public void Arguments_that_cannot_be_decoded_are_garbage()
    {
        using var fixture = new NfsFixture(nodes);
        var client = fixture.Client("c0", nodes - 1);
        var file = fixture.CreateFile(client, "a");
        for (var procedure = 1u; procedure <= (uint)NfsProcedure.Commit; procedure++)
            Assert.That(Accept(fixture.CallRaw(client, procedure, [1, 2, 3, 4])), Is.EqualTo(AcceptStatus.GarbageArguments), $"{procedure}");
        Assert.That(Accept(fixture.CallRaw(client, 22, [])), Is.EqualTo(AcceptStatus.ProcedureUnavailable));
        Assert.That(fixture.Call(client, NfsCall.GetAttributes(file)).Status, Is.EqualTo(NfsStatus.Ok));
    }

    private List<NfsClient> Clients(NfsFixture fixture) =>
        [.. Enumerable.Range(0, nodes).Select(node => fixture.Client($"c{node}", node))];

    private static AcceptStatus Accept(byte[] reply) => NfsAnswer.Read(NfsProcedure.Null, reply)!.Accept;

    // A few at a time.
    private static List<string> Names(NfsFixture fixture, NfsClient client, byte[] directory)
    {
        var names = new List<string>();
        for (var cookie = 0UL; ;)
        {
            var answer = fixture.Call(client, NfsCall.ReadDirectory(directory, cookie, 200));
            Assert.That(answer.Status, Is.EqualTo(NfsStatus.Ok));
            names.AddRange(answer.Entries.Select(entry => entry.Name));
            if (answer.IsEnd)
                return names;
            cookie = answer.Entries[^1].Cookie;
        }
    }
}
