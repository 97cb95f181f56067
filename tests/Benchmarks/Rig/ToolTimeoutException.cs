namespace Uss.Benchmarks.Rig;

/// <summary>A program did not end in its time.</summary>
internal sealed class ToolTimeoutException(string message) : BenchmarkException(message);
