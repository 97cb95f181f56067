namespace Uss.Benchmarks.Rig.Tests;

/// <summary>Runs with the figures that a test is about, and none of the others.</summary>
internal static class Runs
{
    public static FioResult Of(double perSecond, double? serverCpuUs = 1) => new(perSecond, 0, 0, 0, 0, serverCpuUs, serverCpuUs, 0, 0, 0, 0);
}
