namespace Uss.Repository;

/// <summary>One text file of the repository.</summary>
/// <param name="Path">Path below the root, with slashes.</param>
/// <param name="Text">Its content.</param>
public sealed record SourceFile(string Path, string Text)
{
    /// <summary>Its lines, without line ends.</summary>
    public IReadOnlyList<string> Lines { get; } = Text.Split('\n');

    /// <summary>Extension with the dot, or an empty text.</summary>
    public string Extension => System.IO.Path.GetExtension(Path);

    /// <summary>C# source.</summary>
    public bool IsCSharp => Extension == ".cs";

    /// <summary>A page.</summary>
    public bool IsMarkdown => Extension == ".md";

    /// <summary>Starts with an interpreter line.</summary>
    public bool IsScript => Text.StartsWith("#!", StringComparison.Ordinal);

    /// <summary>Lies in a folder of tests.</summary>
    public bool IsTest => Path.StartsWith("tests/", StringComparison.Ordinal);
}

/// <summary>What a rule found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Line number from 1; 0: the file as a whole.</param>
/// <param name="Message">What is wrong.</param>
public readonly record struct Finding(string Path, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? $"{Path}: {Message}" : $"{Path}:{Line}: {Message}";
}

/// <summary>The repository's files, build results left out.</summary>
public static class SourceTree
{
    /// <summary>Folder that holds <c>Uss.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    private static readonly HashSet<string> _skippedFolders = ["bin", "obj", ".git", "artifacts", "TestResults", ".vs", ".idea", "data"];

    private static readonly HashSet<string> _textExtensions =
    [
        "", ".cs", ".csproj", ".props", ".targets", ".sln", ".md", ".sh", ".txt", ".json", ".yml", ".yaml", ".xml", ".editorconfig",
        ".gitignore", ".razor", ".css", ".js", ".html", ".c", ".h", ".py",
    ];

    private static readonly Lazy<IReadOnlyList<SourceFile>> _files = new(() =>
    [
        .. Paths(Root)
            .Where(path => _textExtensions.Contains(Path.GetExtension(path)))
            .Select(path => new SourceFile(Path.GetRelativePath(Root, path), File.ReadAllText(path)))
            .Where(file => !file.Text.Contains('\0'))
            .OrderBy(file => file.Path, StringComparer.Ordinal),
    ]);

    /// <summary>All text files.</summary>
    public static IReadOnlyList<SourceFile> Files => _files.Value;

    private static IEnumerable<string> Paths(string folder) => Directory.EnumerateFiles(folder).Concat(
        Directory.EnumerateDirectories(folder).Where(child => !_skippedFolders.Contains(Path.GetFileName(child))).SelectMany(Paths));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Uss.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"no Uss.sln above {AppContext.BaseDirectory}");
    }
}
