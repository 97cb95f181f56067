using System.Reflection;

namespace Uss.Host.Cli;

/// <summary>The program's version, as built: number and commit, joined by '+'.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>The commit that it was built from, or <c>unknown</c>.</summary>
    public static string Commit { get; } = Text.Split('+') is [_, { Length: > 0 } commit] ? commit : "unknown";
}
