namespace Uss.EndToEnd.Harness;

/// <summary>A folder of one test, gone with it. It lies on a real disk: the product's disk files want direct I/O.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => FullPath = Directory.CreateTempSubdirectory("uss-end-to-end-").FullName;

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
}
