namespace Uss.TestSupport;

/// <summary>A folder for one test's files, removed with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>Creates the folder: in <c>USS_TEST_DIR</c> when set, else among the system's temporary files.</summary>
    public TemporaryFolder()
    {
        var parent = Environment.GetEnvironmentVariable("USS_TEST_DIR") ?? System.IO.Path.GetTempPath();
        Path = Directory.CreateDirectory(System.IO.Path.Combine(parent, "uss-test-" + Guid.NewGuid().ToString("N"))).FullName;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>A path in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
