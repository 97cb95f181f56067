using Uss.Runtime;

namespace Uss.Host.Cli;

public sealed class ExitCodeTests
{
    [TestCase("bad-size", ExitCode.Usage)]
    [TestCase("bad-record", ExitCode.Failed)]
    [TestCase("no-service", ExitCode.NoService)]
    [TestCase("volume-not-found", ExitCode.NotFound)]
    [TestCase("volume-exists", ExitCode.Conflict)]
    [TestCase("volume-mapped", ExitCode.Conflict)]
    [TestCase("data-locked", ExitCode.Conflict)]
    [TestCase("address-in-use", ExitCode.Conflict)]
    [TestCase("confirmation-required", ExitCode.NotConfirmed)]
    [TestCase("anything-else", ExitCode.Failed)]
    public void FaultsHaveTheirExitCodes(string code, int exitCode) =>
        Assert.That(ExitCode.Of(new Fault(code, "Something.")), Is.EqualTo(exitCode));
}
