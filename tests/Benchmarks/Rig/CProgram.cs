namespace Uss.Benchmarks.Rig;

/// <summary>Compiles the C sources that are embedded here.</summary>
internal static class CProgram
{
    /// <summary>Compiles a source and gives the path of what came of it.</summary>
    /// <param name="folder">Where it goes.</param>
    /// <param name="source">The embedded source, for example <c>bare-calls.c</c>.</param>
    /// <param name="options">Options of the compiler.</param>
    public static string Compile(string folder, string source, params string[] options)
    {
        Directory.CreateDirectory(folder);
        var path = Path.GetFullPath(Path.Combine(folder, source));
        var output = Path.ChangeExtension(path, null);
        using (var embedded = typeof(CProgram).Assembly.GetManifestResourceStream(source)!)
        using (var file = File.Create(path))
            embedded.CopyTo(file);
        ToolProcess.Run(TimeSpan.FromMinutes(1), "cc", ["-O2", .. options, "-o", output, path]);
        return output;
    }
}
