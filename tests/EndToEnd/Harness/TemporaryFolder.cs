namespace Uss.EndToEnd.Harness;

/// <summary>A folder of one test, gone with it. It lies on a real disk: the product's disk files want direct I/O.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "uss-end-to-end-";

    static TemporaryFolder() => RemoveLeftovers();

    public TemporaryFolder() => FullPath = Directory.CreateTempSubdirectory($"{Prefix}{Environment.ProcessId}-").FullName;

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(FullPath, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone already: nothing to do.
        }
    }

    /// <summary>Removes the folders of test runs that were killed: their names say which process made them.</summary>
    private static void RemoveLeftovers()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            var owner = Path.GetFileName(folder)[Prefix.Length..].Split('-')[0];
            if (!Directory.Exists("/proc/" + owner))
                Directory.Delete(folder, recursive: true);
        }
    }
}
