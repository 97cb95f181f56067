using System.Globalization;

namespace Uss.Benchmarks.Rig;

/// <summary>The command line of the benchmarks that start servers.</summary>
internal sealed class RigOptions
{
    public const string Help =
        """
          --quick          3 s a run instead of 10
          --seconds N      length of a run
          --runs N         runs of each case, of which the median counts [default: 3]
          --cases A,B      only these cases
          --size SIZE      what is written to the volume or file first, such as 4G, where a benchmark takes that
          --files N        files that are made first, where a benchmark takes that [default: 1000000]
          --folder DIR     where the disk files go, on the disk to measure [default: artifacts/bench]
          --readme         put the tables into tests/Benchmarks/README.md
          --check          exit with 1 when a bar is missed
        """;

    public int Seconds { get; private set; } = 10;

    public int Runs { get; private set; } = 3;

    public IReadOnlyList<string> Cases { get; private set; } = [];

    public string? Size { get; private set; }

    public int Files { get; private set; } = 1_000_000;

    public string Folder { get; private set; } = Path.Combine("artifacts", "bench");

    public bool UpdatesReadme { get; private set; }

    public bool ChecksBars { get; private set; }

    /// <summary>Reads a command line; null after it said what is wrong with it.</summary>
    /// <param name="name">The benchmark.</param>
    /// <param name="arguments">What follows its name.</param>
    /// <param name="cases">The cases that it has; none when they cannot be chosen.</param>
    public static RigOptions? Parse(string name, string[] arguments, params IEnumerable<string> cases)
    {
        var options = new RigOptions();
        for (var index = 0; index < arguments.Length; index++)
        {
            var argument = arguments[index];
            var value = index + 1 < arguments.Length ? arguments[index + 1] : "";
            switch (argument)
            {
                case "--quick": options.Seconds = 3; continue;
                case "--readme": options.UpdatesReadme = true; continue;
                case "--check": options.ChecksBars = true; continue;
                case "--seconds" when IsCount(value): options.Seconds = Count(value); break;
                case "--runs" when IsCount(value): options.Runs = Count(value); break;
                case "--cases" when value.Length > 0: options.Cases = value.Split(','); break;
                case "--size" when value.Length > 1 && IsCount(value[..^1]) && value[^1] is 'G' or 'M': options.Size = value; break;
                case "--files" when IsCount(value): options.Files = Count(value); break;
                case "--folder" when value.Length > 0: options.Folder = value; break;
                default:
                    Console.Error.WriteLine($"usage: uss bench {name} [OPTION...]\n{Help}");
                    return null;
            }

            index++;
        }

        if (options.Cases.Except(cases).ToList() is { Count: > 0 } unknown)
        {
            var known = cases.Any() ? $"the cases are {string.Join(", ", cases)}" : "it has no cases to choose from";
            Console.Error.WriteLine($"uss bench {name} has no case '{unknown[0]}': {known}");
            return null;
        }

        options.Folder = Path.GetFullPath(options.Folder);
        Directory.CreateDirectory(options.Folder);
        return options;
    }

    /// <summary>Bytes of a size such as 4G.</summary>
    public static long Bytes(string size) => Count(size[..^1]) * (size[^1] == 'G' ? 1L << 30 : 1L << 20);

    /// <summary>The repository: the folder above the current one or the program that holds <c>Uss.sln</c>.</summary>
    public static string RepositoryRoot()
    {
        foreach (var start in (string[])[Environment.CurrentDirectory, AppContext.BaseDirectory])
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Uss.sln")))
                    return folder.FullName;
            }
        }

        throw new BenchmarkException("no Uss.sln above the current folder: run benchmarks in the repository");
    }

    /// <summary>The fio with the libiscsi and NFS engines, built if need be.</summary>
    public static Fio Fio() => new(ToolProcess.Run(
        TimeSpan.FromMinutes(15), Path.Combine(RepositoryRoot(), "tests", "Benchmarks", "build-fio"), []).Trim());

    private static bool IsCount(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out var count) && count > 0;

    private static int Count(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
