namespace Uss.Repository.Rules;

/// <summary>Each rule finds what it is there for, and leaves alone what is right.</summary>
public sealed class TextRulesTests
{
    [Test]
    public void LineLengthFindsTheLine()
    {
        var file = new SourceFile("cluster/Store/A.cs", "short\n" + new string('x', 161) + "\n" + new string('y', 160) + "\n");
        Assert.That(TextRules.LineLength(file).Select(finding => finding.Line), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public void LineLengthLeavesTablesAndLinksOfPagesAlone()
    {
        var row = "| " + new string('x', 200) + " |\n";
        var link = new string('x', 100) + " [a](" + new string('b', 100) + ")\n";
        Assert.Multiple(() =>
        {
            Assert.That(TextRules.LineLength(new SourceFile("docs/a.md", row + link)), Is.Empty);
            Assert.That(TextRules.LineLength(new SourceFile("docs/a.md", new string('x', 200))), Is.Not.Empty);
            Assert.That(TextRules.LineLength(new SourceFile("host/A.cs", row)), Is.Not.Empty);
        });
    }

    [Test]
    public void FileLengthFindsLongSources()
    {
        Assert.Multiple(() =>
        {
            Assert.That(TextRules.FileLength(new SourceFile("host/A.cs", new string('\n', 600))), Is.Not.Empty);
            Assert.That(TextRules.FileLength(new SourceFile("host/A.cs", new string('\n', 599))), Is.Empty);
            Assert.That(TextRules.FileLength(new SourceFile("docs/a.md", new string('\n', 2000))), Is.Empty);
        });
    }

    [TestCase("// TO" + "DO: later", 1)]
    [TestCase("throw new NotImplemented" + "Exception();", 1)]
    [TestCase("// FIX" + "ME", 1)]
    [TestCase("var mastodon = 1; // nothing left", 0)]
    [TestCase("const string Id = \"A" + "XX" + "X1\";", 0)]
    public void LeftoversAreFoundAsWords(string line, int findings) =>
        Assert.That(TextRules.Leftovers(new SourceFile("host/A.cs", line)).Count(), Is.EqualTo(findings));

    [TestCase("see /wo" + "rk/main/host", 1)]
    [TestCase("written with Cla" + "ude", 1)]
    [TestCase("cat ../sha" + "red/design", 1)]
    [TestCase("the network path of a session", 0)]
    public void ForeignWordsAreFoundInAnyCase(string line, int findings) =>
        Assert.That(TextRules.ForeignWords(new SourceFile("docs/a.md", line)).Count(), Is.EqualTo(findings));

    [Test]
    public void BannedCallsDependOnWhereTheyStand()
    {
        var sleep = "Thread.Sl" + "eep(1);";
        var ignore = "[Ign" + "ore(\"later\")]";
        Assert.Multiple(() =>
        {
            Assert.That(TextRules.BannedCalls(new SourceFile("host/A.cs", sleep)), Is.Not.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("tests/host/ATests.cs", sleep)), Is.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("tests/host/ATests.cs", ignore)), Is.Not.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("host/A.cs", "private async vo" + "id Run()")), Is.Not.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("cluster/Runtime/A.cs", "private async vo" + "id Run()")), Is.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("cluster/Runtime/A.cs", sleep)), Is.Not.Empty);
            Assert.That(TextRules.BannedCalls(new SourceFile("docs/a.md", sleep)), Is.Empty);
        });
    }

    [Test]
    public void LineEndsMustBeThere()
    {
        Assert.Multiple(() =>
        {
            Assert.That(TextRules.LineEnds(new SourceFile("host/A.cs", "a\r\n")), Is.Not.Empty);
            Assert.That(TextRules.LineEnds(new SourceFile("host/A.cs", "a")), Is.Not.Empty);
            Assert.That(TextRules.LineEnds(new SourceFile("host/A.cs", "a\n")), Is.Empty);
        });
    }
}
