using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Iscsi;

/// <summary>
/// <c>iscsi-test-cu</c>, the conformance suite of libiscsi, run once as a whole with its destructive tests against one LUN.
/// A skip is a failure: the tool skips what the target does not implement.
/// </summary>
[Category("Full")]
public sealed class ConformanceTests
{
    /// <summary>Suites of commands that belong to a later stage, and what is missing. Their tests may skip, but none may hang or end the run.</summary>
    private static readonly Dictionary<string, string> Later = new()
    {
        ["ExtendedCopy"] = "EXTENDED COPY comes with the rest of the SCSI table",
        ["ReceiveCopyResults"] = "belongs to EXTENDED COPY",
        ["GetLBAStatus"] = "GET LBA STATUS comes with the rest of the SCSI table",
        ["OrWrite"] = "ORWRITE comes with the rest of the SCSI table",
        ["WriteAtomic16"] = "WRITE ATOMIC comes with the rest of the SCSI table",
        ["Prefetch10"] = "PRE-FETCH comes with the rest of the SCSI table",
        ["Prefetch16"] = "PRE-FETCH comes with the rest of the SCSI table",
        ["PreventAllow"] = "PREVENT ALLOW MEDIUM REMOVAL concerns removable media, which a volume is not",
        ["StartStopUnit"] = "START STOP UNIT concerns removable media, which a volume is not",
        ["NoMedia"] = "concerns removable media, which a volume is not",
        ["ReadOnly"] = "needs a write-protected LUN",
        ["ReadDefectData10"] = "obsolete command of disks with a defect list",
        ["ReadDefectData12"] = "obsolete command of disks with a defect list",
        ["Sanitize"] = "SANITIZE is for later; the tool skips it without its own option",
        ["Verify10"] = "VERIFY comes with the rest of the SCSI table",
        ["Verify12"] = "VERIFY comes with the rest of the SCSI table",
        ["Verify16"] = "VERIFY comes with the rest of the SCSI table",
        ["WriteVerify10"] = "WRITE AND VERIFY comes with the rest of the SCSI table",
        ["WriteVerify12"] = "WRITE AND VERIFY comes with the rest of the SCSI table",
        ["WriteVerify16"] = "WRITE AND VERIFY comes with the rest of the SCSI table",
        ["PrinReadKeys"] = "reservations come with the rest of the SCSI table",
        ["PrinReportCapabilities"] = "reservations come with the rest of the SCSI table",
        ["PrinServiceactionRange"] = "reservations come with the rest of the SCSI table",
        ["ProutClear"] = "reservations come with the rest of the SCSI table",
        ["ProutPreempt"] = "reservations come with the rest of the SCSI table",
        ["ProutRegister"] = "reservations come with the rest of the SCSI table",
        ["ProutReserve"] = "reservations come with the rest of the SCSI table",
        ["Reserve6"] = "reservations come with the rest of the SCSI table",
    };

    private static readonly string[] Required =
    [
        "Mandatory", "Inquiry", "TestUnitReady", "ModeSense6", "ReadCapacity10", "ReadCapacity16", "ReportSupportedOpcodes",
        "Read6", "Read10", "Read12", "Read16", "Write10", "Write12", "Write16", "WriteSame10", "WriteSame16", "Unmap",
        "CompareAndWrite", "iSCSIcmdsn", "iSCSIdatasn", "iSCSIResiduals", "iSCSITMF", "MultipathIO",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private IReadOnlyList<ConformanceTest> _tests = [];
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
        Assert.That(known, Is.EquivalentTo(Required.Concat(Later.Keys)), "every suite of the tool is either required or listed with a reason");
    }

    [TestCaseSource(nameof(Required))]
    public void Suite_PassesWithoutSkip(string suite)
    {
        var tests = _tests.Where(test => test.Suite == suite).ToList();
        Assert.That(tests, Is.Not.Empty, "the suite did not run");
        var bad = tests.Where(test => test.Verdict != Verdict.Passed).Select(test => $"{test.Name} {test.Verdict}: {test.Detail}");
        Assert.That(bad, Is.Empty);
    }
}
