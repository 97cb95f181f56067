using Uss.WebUi.Contracts;

namespace Uss.WebUi.Services;

public sealed class ScrubServiceTests : ServiceFixture
{
    [Test]
    public async Task A_pool_that_does_not_exist_is_refused()
    {
        Assert.That((await Services.Scrubs.ListAsync("none")).Fault!.Code, Is.EqualTo("pool-not-found"));
        Assert.That((await Services.Scrubs.ListAsync(null)).Value, Is.Empty);
    }

    [Test]
    public async Task A_request_reaches_the_node()
    {
        Assert.That((await Services.Scrubs.StartAsync(new StartScrub { Pool = "p", Group = 3 })).Value!.Groups, Is.EqualTo(1));
        Assert.That(Node.ScrubsStarted, Is.EqualTo([("p", (int?)3)]));
    }
}
