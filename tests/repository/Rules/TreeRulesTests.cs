namespace Uss.Repository.Rules;

public sealed class TreeRulesTests
{
    private const string Solution = "Project(\"{X}\") = \"Uss.Store\", \"cluster\\Store\\Uss.Store.csproj\", \"{Y}\"\n";

    [Test]
    public void SolutionMissesNothingAndNamesNothingThatIsGone()
    {
        Assert.Multiple(() =>
        {
            Assert.That(TreeRules.Solution(Solution, ["cluster/Store/Uss.Store.csproj"]), Is.Empty);
            Assert.That(
                TreeRules.Solution(Solution, ["cluster/Store/Uss.Store.csproj", "host/Uss.csproj"]).Single().Path,
                Is.EqualTo("host/Uss.csproj"));
            Assert.That(TreeRules.Solution(Solution, []).Single().Path, Is.EqualTo("Uss.sln"));
        });
    }

    [Test]
    public void PagesAreAskedOfRoomsThatExist()
    {
        var rooms = new[] { new Room("target", "Uss.Target", "target.md", []) };
        Assert.Multiple(() =>
        {
            Assert.That(TreeRules.Pages(rooms, ["target/A.cs"]), Is.Not.Empty);
            Assert.That(TreeRules.Pages(rooms, ["target/A.cs", "docs/target.md"]), Is.Empty);
            Assert.That(TreeRules.Pages(rooms, ["host/A.cs"]), Is.Empty);
        });
    }

    [TestCase("[a](b.md)", false)]
    [TestCase("[a](../README.md)", false)]
    [TestCase("[a](b.md#the-log-ring)", false)]
    [TestCase("[a](https://example.org/x.md)", false)]
    [TestCase("[a](#here-too)", false)]
    [TestCase("[a](c.md)", true)]
    [TestCase("[a](b.md#nowhere)", true)]
    [TestCase("[a](../docs/c.md)", true)]
    public void LinksAreFollowed(string line, bool isBroken)
    {
        var pages = new Dictionary<string, SourceFile>
        {
            ["docs/b.md"] = new("docs/b.md", "# B\n## The log, ring\n"),
            ["README.md"] = new("README.md", "# USS\n"),
            ["docs/a.md"] = new("docs/a.md", "# A\n## Here too\n" + line + "\n"),
        };
        Assert.That(TreeRules.Links(pages["docs/a.md"], pages.GetValueOrDefault).Any(), Is.EqualTo(isBroken));
    }

    [Test]
    public void LinksInCodeAreText() => Assert.That(
        TreeRules.Links(new SourceFile("docs/a.md", "```\n[a](c.md)\n```\n"), static _ => null), Is.Empty);

    [Test]
    public void ScriptsMustRunAndStopAtErrors()
    {
        var good = new SourceFile("run", "#!/usr/bin/env bash\nset -euo pipefail\n");
        var careless = new SourceFile("run", "#!/usr/bin/env bash\nls\n");
        Assert.Multiple(() =>
        {
            Assert.That(TreeRules.Script(good, true), Is.Empty);
            Assert.That(TreeRules.Script(good, false), Is.Not.Empty);
            Assert.That(TreeRules.Script(careless, true), Is.Not.Empty);
            Assert.That(TreeRules.Script(new SourceFile("host/A.cs", "class A;\n"), false), Is.Empty);
        });
    }
}
