using Uss.Host.Serve;
using Uss.TestSupport;

namespace Uss.Host.Cli;

public sealed class HealthCommandTests
{
    [TestCase("healthy", 0)]
    [TestCase("degraded", 1)]
    [TestCase("failed", 2)]
    public void HealthEndsAsMonitoringPluginsDo(string state, int exitCode) =>
        Assert.That(HealthCommands.ExitCodeOf(state), Is.EqualTo(exitCode));

    [Test]
    public async Task WithoutAServiceHealthIsUnknown()
    {
        using var folder = new TemporaryFolder();
        (await CommandLine.RunAsync("health", "--data", folder.Path)).ExpectError(ExitCode.NoService, "No service answers");
        (await CommandLine.RunAsync("watch", "--data", folder.Path)).ExpectError(ExitCode.NoService, "No service answers");
    }

    [Test]
    public async Task ANodeThatIsAloneTellsItsHealthAndMakesNoTokens()
    {
        using var folder = new TemporaryFolder();
        var service = await RunningService.StartAsync(Path.Combine(folder.Path, "data"));
        Assert.That(await service.CommandAsync("health"), Does.StartWith("healthy"));
        Assert.That((await service.JsonAsync("health")).GetProperty("problems").GetArrayLength(), Is.Zero);
        var token = await service.TryCommandAsync("cluster token");
        token.ExpectError(ExitCode.Failed, "alone");
        await service.StopAsync();
    }
}
