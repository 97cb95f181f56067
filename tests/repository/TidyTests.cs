using Uss.Repository.Rules;

namespace Uss.Repository;

/// <summary>The tree as it is keeps its own rules.</summary>
public sealed class TidyTests
{
    private static readonly Func<SourceFile, IEnumerable<Finding>>[] _perFile =
    [
        TextRules.LineLength,
        TextRules.FileLength,
        TextRules.Leftovers,
        TextRules.ForeignWords,
        TextRules.BannedCalls,
        TextRules.LineEnds,
        Rooms.SourceArrows,
        Rooms.ProjectArrows,
    ];

    private static IEnumerable<TestCaseData> PerFileRules =>
        _perFile.Select(rule => new TestCaseData(rule).SetName($"Files keep the rule {rule.Method.Name}"));

    [TestCaseSource(nameof(PerFileRules))]
    public void FilesKeep(Func<SourceFile, IEnumerable<Finding>> rule)
    {
        Assert.That(SourceTree.Files, Has.Count.GreaterThan(50), "the tree was not found");
        Expect(SourceTree.Files.SelectMany(rule));
    }

    [Test]
    public void ProjectsAreInTheSolution()
    {
        var solution = SourceTree.Files.Single(file => file.Path == "Uss.sln");
        var projects = SourceTree.Files.Where(file => file.Extension == ".csproj").Select(file => file.Path);
        Expect(TreeRules.Solution(solution.Text, projects));
    }

    [Test]
    public void RoomsHaveTheirPages() => Expect(TreeRules.Pages(Rooms.All, [.. SourceTree.Files.Select(file => file.Path)]));

    [Test]
    public void LinksLeadSomewhere() =>
        Expect(SourceTree.Files.Where(file => file.IsMarkdown).SelectMany(page => TreeRules.Links(page, Find)));

    [Test]
    public void ScriptsCanBeRun() => Expect(SourceTree.Files.SelectMany(file => TreeRules.Script(file, IsExecutable(file.Path))));

    [Test]
    public void AssembliesKeepTheArrows()
    {
        var folder = AppContext.BaseDirectory;
        var built = Rooms.All.Where(room => File.Exists(Path.Combine(folder, room.Assembly + ".dll"))).ToList();
        Assert.That(built.Select(room => room.Assembly), Has.Member("Uss").And.Member("Uss.Runtime").And.Member("Uss.Target"));
        Expect(built.SelectMany(room =>
            Rooms.AssemblyArrows(room.Assembly, Rooms.ReferencesOf(Path.Combine(folder, room.Assembly + ".dll")))));
    }

    private static void Expect(IEnumerable<Finding> findings)
    {
        var found = findings.ToList();
        Assert.That(found, Is.Empty, string.Join('\n', found));
    }

    private static SourceFile? Find(string path)
    {
        var full = Path.Combine(SourceTree.Root, path);
        return SourceTree.Files.FirstOrDefault(file => file.Path == path)
            ?? (File.Exists(full) || Directory.Exists(full) ? new SourceFile(path, "") : null);
    }

    private static bool IsExecutable(string path) =>
        (File.GetUnixFileMode(Path.Combine(SourceTree.Root, path)) & UnixFileMode.UserExecute) != 0;
}
