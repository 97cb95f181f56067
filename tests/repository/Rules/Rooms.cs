using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Uss.Repository.Rules;

/// <summary>A room of the house: a folder, its assembly, its page, and the rooms that it may use.</summary>
/// <param name="Folder">Folder below the root.</param>
/// <param name="Assembly">Assembly, which is also the namespace unless <paramref name="Namespace"/> is given.</param>
/// <param name="Page">Page below docs/.</param>
/// <param name="Uses">Assemblies that it may use.</param>
/// <param name="Namespace">Namespace where it is not the assembly's name.</param>
public sealed record Room(string Folder, string Assembly, string Page, string[] Uses, string? Namespace = null)
{
    /// <summary>The room's namespace.</summary>
    public string Root => Namespace ?? Assembly;
}

/// <summary>The arrows between the rooms (docs/architecture.md): a room uses what stands below it, never above.</summary>
public static partial class Rooms
{
    private static readonly string[] _cluster =
        ["Uss.Volumes", "Uss.Replication", "Uss.Store", "Uss.Coordination", "Uss.Placement", "Uss.Runtime"];

    /// <summary>All rooms.</summary>
    public static IReadOnlyList<Room> All { get; } =
    [
        new("cluster/Runtime", "Uss.Runtime", "runtime.md", []),
        new("placement", "Uss.Placement", "placement.md", []),
        new("cluster/Store", "Uss.Store", "store.md", ["Uss.Runtime"]),
        new("cluster/Coordination", "Uss.Coordination", "coordination.md", ["Uss.Runtime"]),
        new("cluster/Replication", "Uss.Replication", "replication.md", _cluster[2..]),
        new("cluster/Volumes", "Uss.Volumes", "volumes.md", _cluster[1..]),
        new("target", "Uss.Target", "target.md", ["Uss.Volumes", "Uss.Runtime"]),
        new("nfs-frontend", "Uss.NfsFrontend", "nfs-frontend.md", ["Uss.Volumes", "Uss.Runtime"]),
        new("web-ui", "Uss.WebUi", "web-ui.md", _cluster),
        new("tests/Simulation", "Uss.Simulation", "simulation.md", [.. _cluster, "Uss.Target", "Uss.NfsFrontend"]),
        new("tests/Benchmarks", "Uss.Benchmarks", "benchmarks.md", [.. _cluster, "Uss.Target", "Uss.NfsFrontend", "Uss.Simulation"]),
        new(
            "host",
            "Uss",
            "host.md",
            [.. _cluster, "Uss.Target", "Uss.NfsFrontend", "Uss.WebUi", "Uss.Simulation", "Uss.Benchmarks"],
            "Uss.Host"),
    ];

    /// <summary>Source files name only namespaces of rooms that theirs may use.</summary>
    public static IEnumerable<Finding> SourceArrows(SourceFile file)
    {
        if (!file.IsCSharp || RoomOf(file.Path) is not { } room)
            yield break;
        for (var index = 0; index < file.Lines.Count; index++)
        {
            foreach (Match match in NamespacePattern().Matches(file.Lines[index]))
            {
                var used = All.FirstOrDefault(other => other.Root == match.Value);
                if (used is not null && used != room && !room.Uses.Contains(used.Assembly))
                    yield return new Finding(file.Path, index + 1, $"{room.Folder}/ may not use {used.Folder}/");
            }
        }
    }

    /// <summary>Projects refer only to projects of rooms that theirs may use.</summary>
    public static IEnumerable<Finding> ProjectArrows(SourceFile file)
    {
        if (file.Extension != ".csproj" || RoomOf(file.Path) is not { } room)
            yield break;
        foreach (Match match in ReferencePattern().Matches(file.Text))
        {
            var assembly = System.IO.Path.GetFileNameWithoutExtension(match.Groups[1].Value);
            if (!room.Uses.Contains(assembly))
                yield return new Finding(file.Path, 0, $"{room.Folder}/ may not refer to {assembly}");
        }
    }

    /// <summary>Built assemblies refer only to assemblies of rooms that theirs may use.</summary>
    public static IEnumerable<Finding> AssemblyArrows(string assembly, IEnumerable<string> references)
    {
        var room = All.First(candidate => candidate.Assembly == assembly);
        foreach (var reference in references)
        {
            if (All.Any(other => other.Assembly == reference) && !room.Uses.Contains(reference))
                yield return new Finding(assembly + ".dll", 0, $"{room.Folder}/ may not refer to {reference}");
        }
    }

    /// <summary>Names of the assemblies that a built assembly refers to.</summary>
    public static IReadOnlyList<string> ReferencesOf(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }

    private static Room? RoomOf(string path) =>
        All.FirstOrDefault(room => path.StartsWith(room.Folder + "/", StringComparison.Ordinal));

    [GeneratedRegex(@"\bUss\.[A-Z]\w*")]
    private static partial Regex NamespacePattern();

    [GeneratedRegex("<ProjectReference\\s+Include=\"([^\"]+)\"")]
    private static partial Regex ReferencePattern();
}
