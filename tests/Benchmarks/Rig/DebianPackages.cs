namespace Uss.Benchmarks.Rig;

/// <summary>Packages that a benchmark needs, installed when they are missing.</summary>
internal static class DebianPackages
{
    /// <summary>Installs those that are not there.</summary>
    /// <exception cref="BenchmarkException">It cannot be done here; the message is that of apt.</exception>
    public static void Need(string why, params string[] packages) => ToolProcess.Run(
        TimeSpan.FromMinutes(10),
        Path.Combine(RigOptions.RepositoryRoot(), "tests", "Benchmarks", "need-packages"),
        [why, .. packages]);
}
