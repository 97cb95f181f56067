using Uss.NfsFrontend.Administration;
using Uss.NfsFrontend.Nfs;
using Uss.Runtime;
using Uss.Simulation.Nfs;

namespace Uss.NfsFrontend.Owners.Tests;

/// <summary>What administrators want is done by the owner, whichever node they ask.</summary>
public sealed class AdministrationTests
{
    private const uint FileSystem = 1;

    [Test]
    public void Quotas_are_set_listed_and_taken_away_by_any_node()
    {
        using var fixture = new NfsFixture(3);
        var client = fixture.Client("c", 0);
        Assert.That(fixture.Call(client, NfsCall.MakeDirectory(NfsFixture.Root, "a")).Status, Is.EqualTo(NfsStatus.Ok));
        for (var node = 0; node < 3; node++)
        {
            Ask(fixture, node, new FileSystemRequest { Action = FileSystemAction.SetQuota, Path = "/a/", LimitBytes = 1000 + node, LimitFiles = 9 });
            var listed = Ask(fixture, (node + 1) % 3, new FileSystemRequest { Action = FileSystemAction.ListQuotas });
            Assert.That(listed.Quotas, Is.EqualTo(new[] { new QuotaItem("/a", 2, 1000 + node, 9, 4096, 1, false) }));
            Assert.That(listed.Next, Is.Zero);
        }

        Ask(fixture, 1, new FileSystemRequest { Action = FileSystemAction.RemoveQuota, Path = "/a" });
        fixture.World.RunFor(NfsFixture.SecondNs);
        Assert.That(Ask(fixture, 2, new FileSystemRequest { Action = FileSystemAction.ListQuotas }).Quotas, Is.Empty);
    }

    [TestCase("/nothing", "directory-not-found")]
    [TestCase("/f", "bad-directory")]
    [TestCase("/q/below", "quota-conflict")]
    public void What_cannot_be_is_explained(string path, string code)
    {
        using var fixture = new NfsFixture(1);
        var client = fixture.Client("c", 0);
        fixture.CreateFile(client, "f");
        var tree = fixture.Call(client, NfsCall.MakeDirectory(NfsFixture.Root, "q")).Handle;
        Ask(fixture, 0, new FileSystemRequest { Action = FileSystemAction.SetQuota, Path = "/q", LimitFiles = 9 });
        fixture.Call(client, NfsCall.MakeDirectory(tree, "below"));
        var fault = Refused(fixture, 0, new FileSystemRequest { Action = FileSystemAction.SetQuota, Path = path, LimitBytes = 1 });
        Assert.That((fault.Code, fault.Message.Contains(path, StringComparison.Ordinal)), Is.EqualTo((code, true)));
        fault = Refused(fixture, 0, new FileSystemRequest { Action = FileSystemAction.RemoveQuota, Path = "/" });
        Assert.That(fault.Code, Is.EqualTo("quota-not-found"));
    }

    [Test]
    public void A_check_sees_what_was_just_done_and_is_forgotten_with_its_owner()
    {
        using var fixture = new NfsFixture(3);
        var (owner, other) = (fixture.Owner, (fixture.Owner + 1) % 3);
        var client = fixture.Client("c", other);
        for (var made = 0; made < 20; made++)
            fixture.CreateFile(client, $"f{made}");
        Assert.That(Show(fixture, other), Is.Null);
        Assert.That(Ask(fixture, other, new FileSystemRequest { Action = FileSystemAction.StartCheck }).Check!.Ended, Is.Null);
        Assert.That(fixture.World.RunUntil(() => Show(fixture, other)?.Ended is not null, 60 * NfsFixture.SecondNs));
        var check = Show(fixture, owner)!;
        Assert.That((check.Fault, check.Count, check.IsOnline), Is.EqualTo(((Fault?)null, 0L, true)));
        Assert.That(check.Records, Is.GreaterThan(40), "inodes and entries of all files");
        fixture.Kill(owner);
        Assert.That(fixture.World.RunUntil(() => fixture.Owner >= 0, 60 * NfsFixture.SecondNs));
        Assert.That(Show(fixture, other), Is.Null);
    }

    private static CheckItem? Show(NfsFixture fixture, int node) =>
        Ask(fixture, node, new FileSystemRequest { Action = FileSystemAction.ShowCheck }).Check;

    private static FileSystemAnswer Ask(NfsFixture fixture, int node, FileSystemRequest request)
    {
        var answer = Try(fixture, node, request);
        Assert.That(answer.IsOk, $"{answer.Fault}");
        return answer.Value!;
    }

    private static Fault Refused(NfsFixture fixture, int node, FileSystemRequest request)
    {
        var answer = Try(fixture, node, request);
        Assert.That(answer.IsOk, Is.False);
        return answer.Fault!;
    }

    private static Result<FileSystemAnswer> Try(NfsFixture fixture, int node, FileSystemRequest request)
    {
        var server = fixture.Servers[node]!;
        var answer = fixture.World.Run(
            fixture.Cluster.Reactors[node], () => server.FileSystems.AdministerAsync(FileSystem, request), 120 * NfsFixture.SecondNs);
        return answer!.Value;
    }
}
