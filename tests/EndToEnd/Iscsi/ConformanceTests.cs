using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Iscsi;

/// <summary>
/// <c>iscsi-test-cu</c>, the conformance suite of libiscsi, run once as a whole with its destructive tests against one LUN.
/// A skip is a failure: the tool skips what the target does not implement.
/// </summary>
[Category("Full")]
public sealed class ConformanceTests
{
    /// <summary>Suites that need not pass in whole, and why. Their tests may skip, but none may hang or end the run.</summary>
    private static readonly Dictionary<string, string> Excepted = new()
    {
        ["GetLBAStatus"] = "UnmapSingle wants one block of 512 bytes unmapped; a part of a physical block of 4096 stays mapped (SBC-4, 4.7.3)",
        ["PreventAllow"] = "the tests want removable media, which a volume is not",
        ["StartStopUnit"] = "one of the tests wants removable media, which a volume is not",
        ["ReadOnly"] = "wants a write-protected LUN: see the test of its own",
        ["Sanitize"] = "SANITIZE is for later; the tool skips it without its own option",
    };

    private static readonly string[] Required =
    [
        "Mandatory", "Inquiry", "TestUnitReady", "ModeSense6", "ReadCapacity10", "ReadCapacity16", "ReportSupportedOpcodes", "NoMedia",
        "Read6", "Read10", "Read12", "Read16", "Write10", "Write12", "Write16", "WriteSame10", "WriteSame16", "Unmap", "CompareAndWrite",
        "Verify10", "Verify12", "Verify16", "WriteVerify10", "WriteVerify12", "WriteVerify16", "Prefetch10", "Prefetch16", "OrWrite",
        "WriteAtomic16", "ReadDefectData10", "ReadDefectData12", "PrinReadKeys", "PrinReportCapabilities", "PrinServiceactionRange",
        "ProutClear", "ProutPreempt", "ProutRegister", "ProutReserve", "Reserve6",
        "ExtendedCopy", "ReceiveCopyResults", "iSCSIcmdsn", "iSCSIdatasn", "iSCSIResiduals", "iSCSITMF", "MultipathIO",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private IReadOnlyList<ConformanceTest> _tests = [];
    private IReadOnlyList<ConformanceTest> _readOnlyTests = [];
    private ProgramResult _result = null!;

    [OneTimeSetUp]
    public void RunTool()
    {
        using var folder = new TemporaryFolder();
        using var sandbox = new Sandbox();
        using var service = new UssService(sandbox, folder["data"]);
        service.Start();
        service.Command("volume", "create", "conformance", "--size", "1G").Succeeded();
        service.Command("lun", "map", "conformance", "--lun", "1").Succeeded();
        service.Command("volume", "create", "protected", "--size", "1G").Succeeded();
        service.Command("lun", "map", "protected", "--lun", "2", "--read-only").Succeeded();
        _readOnlyTests = ConformanceReport.Parse(
            sandbox.Run(Limit, "iscsi-test-cu", "--dataloss", "--test=ALL.ReadOnly", service.Url(2)).Output);
        // The tests of several paths get the same portal twice.
        _result = sandbox.Run(Limit, "iscsi-test-cu", "--dataloss", "--test=ALL", service.Url(1), service.Url(1));
        _tests = ConformanceReport.Parse(_result.Output);
        TestContext.Progress.WriteLine(
            "iscsi-test-cu: " + string.Join(", ", _tests.GroupBy(test => test.Verdict).Select(group => $"{group.Count()} {group.Key}")));
        foreach (var test in _tests.Where(test => test.Verdict != Verdict.Passed))
            TestContext.Progress.WriteLine($"  {test.Verdict} {test.Suite}.{test.Name}: {test.Detail.Split('\n')[0].Trim()}");
        Assert.That(service.IsRunning, $"the service ended:\n{service.Output}");
    }

    [Test]
    public void Tool_RunsToItsEnd()
    {
        Assert.That(_result.Output, Does.Contain("Run Summary:"), "the tool did not reach its end");
        var known = _tests.Select(test => test.Suite).Distinct();
        Assert.That(known, Is.EquivalentTo(Required.Concat(Excepted.Keys)), "every suite of the tool is either required or listed with a reason");
    }

    [TestCaseSource(nameof(Required))]
    public void Suite_PassesWithoutSkip(string suite)
    {
        AllPassed([.. _tests.Where(test => test.Suite == suite)]);
    }

    [Test]
    public void ReadOnlyLun_RefusesWrites() => AllPassed(_readOnlyTests);

    private static void AllPassed(IReadOnlyList<ConformanceTest> tests)
    {
        Assert.That(tests, Is.Not.Empty, "the suite did not run");
        var bad = tests.Where(test => test.Verdict != Verdict.Passed).Select(test => $"{test.Name} {test.Verdict}: {test.Detail}");
        Assert.That(bad, Is.Empty);
    }
}
