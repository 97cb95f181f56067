using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.BadInput;

/// <summary>A start that cannot be is refused in words that name the thing, and does no harm.</summary>
public sealed class StartRefusalTests : EndToEndTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    [CancelAfter(90_000)]
    public void SecondProcess_OnTheSameData_IsLockedOut()
    {
        var first = StartService();
        var second = new UssService(Sandbox, first.DataFolder, "127.0.0.2");
        using (second)
        {
            var result = second.StartExpectingRefusal(Limit);
            Assert.Multiple(() =>
            {
                Assert.That(result.ExitCode, Is.Not.Zero);
                Assert.That(result.Output, Does.Contain(first.DataFolder).And.Contain("in use"));
            });
        }

        first.Command("status").Succeeded();
    }

    [Test]
    [CancelAfter(90_000)]
    public void PortInUse_IsNamed()
    {
        var first = StartService();
        using var second = new UssService(Sandbox, Folder["other"]);
        var result = second.StartExpectingRefusal(Limit);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Not.Zero);
            Assert.That(result.Output, Does.Contain(first.Portal));
        });
        first.Command("status").Succeeded();
    }

    [TestCase("--disk-size", "banana")]
    [TestCase("--disks", "-1")]
    [TestCase("--iscsi", "127.0.0.1:99999")]
    [TestCase("--no-such-option", "1")]
    [CancelAfter(60_000)]
    public void BadOption_IsNamed_AndNothingIsCreated(string option, string value)
    {
        using var service = new UssService(Sandbox, Folder["data"], "127.0.0.1", option, value);
        var result = service.StartExpectingRefusal(Limit);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(2), result.Output);
            Assert.That(result.Output, Does.Contain(option).Or.Contain(value));
            Assert.That(Directory.Exists(Folder["data"]), Is.False, "the data folder exists");
        });
    }

    [Test]
    [CancelAfter(60_000)]
    public void ForeignDisk_IsNamed_AndLeftAlone()
    {
        var disk = Folder["foreign"];
        Sandbox.Shell(Limit, $"truncate -s 256M {disk}; mkfs.ext4 -q {disk}; sha256sum <{disk} >{disk}.sum").Succeeded();
        using var service = new UssService(Sandbox, Folder["data"], "127.0.0.1", "--disk", disk);
        var result = service.StartExpectingRefusal(Limit);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Not.Zero);
            Assert.That(result.Output, Does.Contain(disk).And.Contain("ext4").And.Contain("--format"));
        });
        Sandbox.Shell(Limit, $"sha256sum -c --quiet {disk}.sum <{disk}").Succeeded();
    }

    [Test]
    [CancelAfter(60_000)]
    public void Address_BeyondLoopback_WithoutARule_IsRefused()
    {
        Sandbox.Shell(Limit, "ip link add dummy type bridge; ip addr add 10.9.9.9/24 dev dummy; ip link set dummy up").Succeeded();
        using var service = new UssService(Sandbox, Folder["data"], "10.9.9.9");
        var result = service.StartExpectingRefusal(Limit);
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.Not.Zero);
            Assert.That(result.Output, Does.Contain("10.9.9.9").And.Contain("--initiator"));
        });
    }
}
