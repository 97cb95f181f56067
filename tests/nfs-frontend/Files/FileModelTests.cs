using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Random calls against a file system in a few dictionaries: the same answers, and the same tree in the end.</summary>
public sealed class FileModelTests
{
    private static readonly string[] _names = ["a", "b", "c", "d"];

    [TestCase(1ul)]
    [TestCase(2ul)]
    [TestCase(3ul)]
    public void Names_lengths_and_links_are_those_of_a_simple_file_system(ulong seed)
    {
        using var fixture = new FileFixture(seed);
        var random = fixture.World.Stream("calls");
        var root = new Node(fixture.RootHandle, isDirectory: true) { Parent = null };
        for (var step = 0; step < 600; step++)
        {
            Step(fixture, random, root);
            if (random.Chance(0.02))
                fixture.Restart();
        }

        Compare(fixture, root, root);
    }

    private static void Step(FileFixture fixture, SeededRandom random, Node root)
    {
        var directories = Directories(root).ToList();
        var (from, to) = (Pick(random, directories), Pick(random, directories));
        var (name, other) = (Pick(random, _names), Pick(random, _names));
        var inside = from.Children!;
        var entry = inside.GetValueOrDefault(name);
        switch (random.Next(7))
        {
            case 0:
                var created = fixture.Create(from.Handle, name, CreateMode.Guarded);
                Assert.That(created.Status, Is.EqualTo(entry is null ? NfsStatus.Ok : NfsStatus.Exists));
                if (entry is null)
                    inside[name] = new Node(created.ReadMade(), isDirectory: false);
                break;
            case 1:
                var made = fixture.MakeDirectory(from.Handle, name);
                Assert.That(made.Status, Is.EqualTo(entry is null ? NfsStatus.Ok : NfsStatus.Exists));
                if (entry is null)
                    inside[name] = new Node(made.ReadMade(), isDirectory: true) { Parent = from };
                break;
            case 2:
                var removal = entry is null ? NfsStatus.NoEntry : entry.Children is null ? NfsStatus.Ok : NfsStatus.IsDirectory;
                Assert.That(fixture.Remove(from.Handle, name).Status, Is.EqualTo(removal));
                if (removal == NfsStatus.Ok)
                    Drop(from, name);
                break;
            case 3:
                var emptied = entry is null ? NfsStatus.NoEntry
                    : entry.Children is null ? NfsStatus.NotDirectory
                    : entry.Children.Count > 0 ? NfsStatus.NotEmpty
                    : NfsStatus.Ok;
                Assert.That(fixture.RemoveDirectory(from.Handle, name).Status, Is.EqualTo(emptied));
                if (emptied == NfsStatus.Ok)
                    inside.Remove(name);
                break;
            case 4:
                Rename(fixture, from, name, to, other);
                break;
            case 5 when entry is { Children: null }:
                var linked = fixture.Link(entry.Handle, to.Handle, other).Status;
                Assert.That(linked, Is.EqualTo(to.Children!.ContainsKey(other) ? NfsStatus.Exists : NfsStatus.Ok));
                if (linked == NfsStatus.Ok)
                {
                    to.Children[other] = entry;
                    entry.Links++;
                }

                break;
            case 6 when entry is { Children: null }:
                var (offset, count) = (random.Next(20_000), 1 + random.Next(9_000));
                Assert.That(fixture.Write(entry.Handle, offset, count).Status, Is.EqualTo(NfsStatus.Ok));
                entry.Length = Math.Max(entry.Length, offset + count);
                if (!random.Chance(0.3))
                    break;
                entry.Length = random.Next(25_000);
                Assert.That(fixture.SetAttributes(entry.Handle, length: (ulong)entry.Length).Status, Is.EqualTo(NfsStatus.Ok));
                break;
        }
    }

    private static void Rename(FileFixture fixture, Node from, string name, Node to, string other)
    {
        var (inside, target) = (from.Children!, to.Children!);
        var (entry, replaced) = (inside.GetValueOrDefault(name), target.GetValueOrDefault(other));
        var isOwn = entry is not null && from != to && IsBelow(entry, to);
        var expected = entry is null ? NfsStatus.NoEntry
            : isOwn ? NfsStatus.Invalid
            : replaced is null || replaced == entry ? NfsStatus.Ok
            : entry.Children is null && replaced.Children is not null ? NfsStatus.IsDirectory
            : entry.Children is not null && replaced.Children is null ? NfsStatus.NotDirectory
            : replaced.Children is { Count: > 0 } ? NfsStatus.NotEmpty
            : NfsStatus.Ok;
        Assert.That(fixture.Rename(from.Handle, name, to.Handle, other).Status, Is.EqualTo(expected), $"{name} to {other}");
        if (expected != NfsStatus.Ok || replaced == entry)
            return;
        if (replaced is not null)
            Drop(to, other);
        inside.Remove(name);
        target[other] = entry!;
        entry!.Parent = to;
    }

    private static void Compare(FileFixture fixture, Node node, Node parent)
    {
        var attributes = fixture.Attributes(node.Handle);
        if (node.Children is null)
        {
            Assert.That((attributes.Links, attributes.Length), Is.EqualTo(((uint)node.Links, (ulong)node.Length)));
            return;
        }

        var listed = fixture.List(node.Handle, 300).Where(entry => entry.Name is not ("." or ".."));
        Assert.That(listed, Is.EquivalentTo(node.Children.Select(child => (child.Key, child.Value.Handle.Inode))));
        Assert.That(attributes.Links, Is.EqualTo(2 + node.Children.Values.Count(child => child.Children is not null)));
        Assert.That(fixture.Find(node.Handle, ".."), Is.EqualTo(parent.Handle));
        foreach (var child in node.Children.Values)
            Compare(fixture, child, node);
    }

    private static void Drop(Node directory, string name)
    {
        directory.Children!.Remove(name, out var node);
        node!.Links--;
    }

    private static bool IsBelow(Node upper, Node? node)
    {
        for (; node is not null; node = node.Parent)
        {
            if (node == upper)
                return true;
        }

        return false;
    }

    private static IEnumerable<Node> Directories(Node node) =>
        node.Children is null ? [] : node.Children.Values.SelectMany(Directories).Prepend(node);

    private static T Pick<T>(SeededRandom random, IReadOnlyList<T> items) => items[random.Next(items.Count)];

    private sealed class Node(FileHandle handle, bool isDirectory)
    {
        public FileHandle Handle { get; } = handle;

        public SortedDictionary<string, Node>? Children { get; } = isDirectory ? new(StringComparer.Ordinal) : null;

        public Node? Parent { get; set; }

        public int Links { get; set; } = 1;

        public long Length { get; set; }
    }
}
