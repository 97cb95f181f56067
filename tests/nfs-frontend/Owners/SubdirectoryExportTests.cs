using System.Net;
using System.Text;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Mount;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.VolumeFiles;
using Uss.Runtime;
using Uss.Simulation.Nfs;

namespace Uss.NfsFrontend.Owners.Tests;

/// <summary>An export of a directory is all that its clients see.</summary>
[TestFixture(1)]
[TestFixture(3)]
public sealed class SubdirectoryExportTests(int nodes)
{
    private const ushort Id = 2;

    [Test]
    public void Nobody_gets_out_by_going_up()
    {
        using var fixture = new NfsFixture(nodes);
        foreach (var server in fixture.Servers)
            server!.Exports = new ExportTable([NfsFixture.Open, ExportOf(inode: 3)]);
        var all = fixture.Client("all", 0);
        var people = fixture.Call(all, NfsCall.MakeDirectory(NfsFixture.Root, "people"));
        var alice = fixture.Call(all, NfsCall.MakeDirectory(people.Handle, "alice"));
        Assert.That(alice.Attributes!.Value.Inode, Is.EqualTo(3));
        fixture.Call(all, NfsCall.MakeDirectory(alice.Handle, "below"));
        Assert.That(fixture.Call(all, NfsCall.Lookup(alice.Handle, "..")).Handle, Is.EqualTo(people.Handle), "by the other export there is a way up");

        for (var node = 0; node < nodes; node++)
        {
            var client = fixture.Client($"client{node}", node);
            var top = NfsFixture.Handle(new FileHandle { Export = Id, FileSystem = 1, Inode = 3, Generation = GenerationOf(alice.Handle) });
            var up = fixture.Call(client, NfsCall.Lookup(top, ".."));
            Assert.That((up.Status, up.Handle), Is.EqualTo((NfsStatus.Ok, top)));
            var listed = fixture.Call(client, NfsCall.ReadDirectory(top, 0, 4096));
            Assert.That(listed.Entries.Select(entry => (entry.Name, entry.Inode)), Is.EquivalentTo(new[] { (".", 3UL), ("..", 3UL), ("below", 4UL) }));
            var below = fixture.Call(client, NfsCall.Lookup(top, "below"));
            Assert.That(fixture.Call(client, NfsCall.Lookup(below.Handle, "..")).Handle, Is.EqualTo(top));
            Assert.That(
                fixture.Call(client, NfsCall.Rename(top, "below", people.Handle, "out")).Status, Is.EqualTo(NfsStatus.CrossDevice), "nor by two exports");
        }
    }

    [Test]
    public void Mounts_begin_at_the_directory()
    {
        using var fixture = new NfsFixture(nodes);
        var all = fixture.Client("all", 0);
        var directory = fixture.Call(all, NfsCall.MakeDirectory(NfsFixture.Root, "people"));
        var export = ExportOf(inode: 2, GenerationOf(directory.Handle));
        fixture.Call(all, NfsCall.MakeDirectory(directory.Handle, "alice"));
        var reactor = fixture.Cluster.Reactors[0];
        var points = new MountPoints(
            fixture.Servers[0]!.FileSystems,
            new ExportGate { Exports = new ExportTable([export]) },
            new HandleKey(NfsFixture.Key),
            reactor,
            new VolumeDirectory(fixture.Cluster.Nodes[0]!, reactor));
        Assert.That(Mount("/people"), Is.EqualTo((MountStatus.Ok, 2UL)));
        Assert.That(Mount("/people/alice"), Is.EqualTo((MountStatus.Ok, 3UL)));
        Assert.That(Mount("/people/.."), Is.EqualTo((MountStatus.Ok, 2UL)));
        Assert.That(Mount("/people/alice/../.."), Is.EqualTo((MountStatus.Ok, 2UL)));
        Assert.That(Mount("/people/people").Status, Is.EqualTo(MountStatus.NoEntry));

        (MountStatus Status, ulong Inode) Mount(string path)
        {
            var (found, names) = points.Exports.Resolve(Encoding.UTF8.GetBytes(path))!.Value;
            var (status, handle) = fixture.World.Run(reactor, () => points.FindAsync(found, names, new Caller(0, 0)));
            return (status, handle.Inode);
        }
    }

    private static Export ExportOf(ulong inode, uint generation = 1) => new()
    {
        Id = Id,
        Path = "/people",
        FileSystem = 1,
        Top = (inode, generation),
        Rules = [new ExportRule { Clients = IPNetwork.Parse("10.0.0.0/8"), Squash = Squash.None }],
    };

    private static uint GenerationOf(byte[] handle) => FileHandle.TryParse(handle, NfsFixture.Key, out var parsed) ? parsed.Generation : 0;
}
