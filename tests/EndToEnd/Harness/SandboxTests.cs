using System.Diagnostics;

namespace Uss.EndToEnd.Harness;

/// <summary>The sandbox keeps its promises: nothing gets out of it and nothing outlives it.</summary>
public sealed class SandboxTests : EndToEndTest
{
    [Test]
    [CancelAfter(30_000)]
    public void Dispose_EndsDaemons()
    {
        using var sandbox = new Sandbox();
        using var program = sandbox.Start("bash", ["-c", "trap '' TERM HUP; setsid sleep 1000 & echo started; wait"]);
        Eventually(TimeSpan.FromSeconds(10), () => program.Output.Contains("started", StringComparison.Ordinal), () => program.Output);
        using var process = Process.GetProcessById(program.ProcessId);

        sandbox.Dispose();

        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(10)), "a process outlived its sandbox");
    }

    [Test]
    [CancelAfter(30_000)]
    public void Programs_SeeOnlyTheirOwnNetworkAndProcesses()
    {
        var output = Sandbox.Shell(TimeSpan.FromSeconds(10), "ip -o link; ps -e -o args").Succeeded();
        Assert.That(output, Does.Contain(": lo:").And.Not.Contain("eth0").And.Not.Contain("dotnet"));
    }

    [Test]
    [CancelAfter(30_000)]
    public void Program_ReportsItsExitStatusAndBothOutputs()
    {
        var result = Sandbox.Shell(TimeSpan.FromSeconds(10), "echo one; echo two >&2; exit 7");
        Assert.Multiple(() =>
        {
            Assert.That(result.ExitCode, Is.EqualTo(7));
            Assert.That(result.Output, Does.Contain("one\n").And.Contain("two\n"));
        });
    }
}
