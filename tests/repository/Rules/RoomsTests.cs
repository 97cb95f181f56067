namespace Uss.Repository.Rules;

public sealed class RoomsTests
{
    [TestCase("cluster/Store/A.cs", "using Uss.Target;", true)]
    [TestCase("cluster/Store/A.cs", "using Uss.Volumes;", true)]
    [TestCase("cluster/Store/A.cs", "var x = Uss.Replication.Pool.One;", true)]
    [TestCase("cluster/Store/A.cs", "using Uss.Runtime;", false)]
    [TestCase("cluster/Store/A.cs", "namespace Uss.Store.Log;", false)]
    [TestCase("target/A.cs", "using Uss.Store;", true)]
    [TestCase("target/A.cs", "using Uss.Volumes;", false)]
    [TestCase("web-ui/A.cs", "using Uss.Target;", true)]
    [TestCase("host/A.cs", "using Uss.Target;", false)]
    [TestCase("tests/target/ATests.cs", "using Uss.Host;", false)]
    public void SourceArrowsGoDownOnly(string path, string line, bool isFound) =>
        Assert.That(Rooms.SourceArrows(new SourceFile(path, line)).Any(), Is.EqualTo(isFound));

    [Test]
    public void ProjectArrowsGoDownOnly()
    {
        static SourceFile Project(string path, string reference) => new(path, $"<ProjectReference Include=\"{reference}\" />");

        Assert.Multiple(() =>
        {
            Assert.That(Rooms.ProjectArrows(Project("web-ui/Uss.WebUi.csproj", "../target/Uss.Target.csproj")), Is.Not.Empty);
            Assert.That(Rooms.ProjectArrows(Project("web-ui/Uss.WebUi.csproj", "../cluster/Volumes/Uss.Volumes.csproj")), Is.Empty);
            Assert.That(Rooms.ProjectArrows(Project("placement/Uss.Placement.csproj", "../cluster/Uss.Runtime.csproj")), Is.Not.Empty);
        });
    }

    [Test]
    public void AssemblyArrowsGoDownOnly()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Rooms.AssemblyArrows("Uss.Target", ["System.Runtime", "Uss.Store"]), Is.Not.Empty);
            Assert.That(Rooms.AssemblyArrows("Uss.Target", ["System.Runtime", "Uss.Volumes"]), Is.Empty);
        });
    }

    [Test]
    public void ReferencesAreReadFromTheFile() =>
        Assert.That(Rooms.ReferencesOf(typeof(RoomsTests).Assembly.Location), Has.Member("nunit.framework"));

    [Test]
    public void NoRoomUsesItselfThroughOthers()
    {
        var byName = Rooms.All.ToDictionary(room => room.Assembly);
        foreach (var room in Rooms.All)
        {
            var seen = new HashSet<string>();
            var open = new Stack<string>(room.Uses);
            while (open.TryPop(out var used))
            {
                Assert.That(used, Is.Not.EqualTo(room.Assembly), $"{room.Assembly} uses itself");
                if (seen.Add(used))
                    Array.ForEach(byName[used].Uses, open.Push);
            }
        }
    }
}
