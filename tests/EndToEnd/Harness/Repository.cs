using System.Reflection;

namespace Uss.EndToEnd.Harness;

/// <summary>Where the repository and what was built from it lie.</summary>
internal static class Repository
{
    /// <summary>Folder that holds <c>Uss.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The built program; <c>USS_PROGRAM</c> names another one, for example an installed one.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("USS_PROGRAM") is { Length: > 0 } path
        ? path
        : Path.Combine(Root, "host", "bin", Configuration, "net10.0", "Uss");

    /// <summary>Folder of the scripts that run in the guest.</summary>
    public static string KernelClient { get; } = Path.Combine(Root, "tests", "EndToEnd", "KernelClient");

    /// <summary>What the tests of a cluster load into its nodes.</summary>
    public static string Cluster { get; } = Path.Combine(Root, "tests", "EndToEnd", "Cluster");

    /// <summary>The tests test the program that was built as they were: Debug or Release.</summary>
    private static string Configuration =>
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()?.Configuration ?? "Debug";

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Uss.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"no Uss.sln above {AppContext.BaseDirectory}: run the tests from the repository's build output");
    }
}
