namespace Uss.EndToEnd.Iscsi;

/// <summary>The reader of the conformance tool's output sees failures and skips where the tool prints "passed".</summary>
public sealed class ConformanceReportTests
{
    private const string Output =
        """
        Suite: Read6
          Test: Simple ...passed
          Test: BeyondEol ...    [FAILED] READ6 successful but should have failed
        FAILED
            1. test_read6_beyond_eol.c:41  - CU_ASSERT_EQUAL(1,0)
        Suite: Unmap
          Test: Simple ...    [SKIPPED] Logical unit is fully provisioned. Skipping test
        passed
          Test: VPD ...passed    [SKIPPED] PERSISTENT RESERVE IN is not implemented.
        Suite: iSCSITMF
          Test: AbortTaskSimpleAsync ...    waiting
        """;

    [Test]
    public void Parse_GivesEachTestItsVerdict()
    {
        var tests = ConformanceReport.Parse(Output).Select(test => $"{test.Suite}.{test.Name} {test.Verdict}");
        Assert.That(
            tests,
            Is.EqualTo((string[])
            [
                "Read6.Simple Passed", "Read6.BeyondEol Failed", "Unmap.Simple Skipped", "Unmap.VPD Passed",
                "iSCSITMF.AbortTaskSimpleAsync Unfinished",
            ]));
    }
}
