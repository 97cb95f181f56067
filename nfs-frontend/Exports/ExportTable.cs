namespace Uss.NfsFrontend.Exports;

/// <summary>The exports at one moment.</summary>
public sealed class ExportTable
{
    private readonly Dictionary<ushort, Export> _byId;

    /// <summary>Creates a table of exports, each number and each path once.</summary>
    public ExportTable(IEnumerable<Export> exports)
    {
        All = [.. exports.OrderBy(export => export.Path, StringComparer.Ordinal)];
        _byId = All.ToDictionary(export => export.Id);
    }

    /// <summary>All exports by path.</summary>
    public IReadOnlyList<Export> All { get; }

    /// <summary>The export of a handle; null when it is gone.</summary>
    public Export? Find(ushort id) => _byId.GetValueOrDefault(id);

    /// <summary>The export that a path leads into, and what is left of the path behind it; null when there is none.</summary>
    /// <param name="path">What a client wants to mount, such as <c>/default/a/b</c>; slashes may be doubled.</param>
    public (Export Export, IReadOnlyList<string> Names)? Resolve(string path)
    {
        var names = Split(path);
        (Export Export, IReadOnlyList<string> Names)? found = null;
        var longest = -1;
        foreach (var export in All)
        {
            var own = Split(export.Path);
            if (own.Length <= longest || own.Length > names.Length || !own.AsSpan().SequenceEqual(names.AsSpan(0, own.Length)))
                continue;
            longest = own.Length;
            found = (export, names[own.Length..]);
        }

        return found;
    }

    private static string[] Split(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}
