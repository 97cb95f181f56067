namespace Uss.Benchmarks.Rig.Tests;

public sealed class RatioBarTests
{
    [TestCase(0.39, "met")]
    [TestCase(0.40, "met")]
    [TestCase(0.41, "missed")]
    [TestCase(null, "")]
    public void CpuMustNotBeAbove(double? ratio, string verdict) => Assert.That(RatioBar.Cpu("case", 0.4).Verdict(ratio), Is.EqualTo(verdict));

    [TestCase(1.49, "missed")]
    [TestCase(1.50, "met")]
    [TestCase(9.00, "met")]
    public void RateMustNotBeBelow(double ratio, string verdict) =>
        Assert.That(RatioBar.Rate("case", "IOPS", 1.5).Verdict(ratio), Is.EqualTo(verdict));

    [Test]
    public void TextSaysOnWhichSideTheLimitIs()
    {
        Assert.Multiple(() =>
        {
            Assert.That(RatioBar.Cpu("case", 0.4).Text, Is.EqualTo("<= 0.4"));
            Assert.That(RatioBar.Rate("case", "IOPS", 5).Text, Is.EqualTo(">= 5.0"));
        });
    }
}
