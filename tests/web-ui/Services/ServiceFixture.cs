using Uss.Runtime;
using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

/// <summary>The application services over a node and records in memory.</summary>
[TestFixture]
public abstract class ServiceFixture
{
    private protected const string Iqn = "iqn.1993-08.org.debian:01:abc";
    private protected const string OtherIqn = "iqn.1991-05.com.microsoft:win";
    private protected const string Secret = "correct-horse-12";

    private protected FakeNode Node { get; private set; } = null!;

    private protected MemoryRecords Records { get; private set; } = null!;

    private protected ManagementServices Services { get; private set; } = null!;

    [SetUp]
    public async Task CreateAsync()
    {
        Node = new FakeNode();
        Records = new MemoryRecords();
        Node.Records = Records;
        Services = new ManagementServices(Node, Records, TimeProvider.System);
        await Node.CreateVolumeAsync("demo", 1 << 30, 1);
        await Node.CreateVolumeAsync("v1", 1 << 30, 1);
    }

    [TearDown]
    public void DisposeServices() => Services.Dispose();

    private protected static T Good<T>(Result<T> result)
    {
        Assert.That(result.IsOk, Is.True, result.Fault?.ToString());
        return result.Value!;
    }

    private protected static void ExpectFault<T>(Result<T> result, string code, string? named = null)
    {
        Assert.That(result.Fault?.Code, Is.EqualTo(code), result.Fault?.ToString());
        Assert.That(result.Fault!.Remedy, Is.Not.Empty, "a fault says what to do");
        if (named is not null)
            Assert.That(result.Fault.ToString(), Does.Contain(named));
    }

    private protected Task<Result<LunView>> MapAsync(string volume, int? lun = null, string? initiator = null) =>
        Services.Luns.MapAsync(new MapLun { Volume = volume, Lun = lun, Initiator = initiator });
}
