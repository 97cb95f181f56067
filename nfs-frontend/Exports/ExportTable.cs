using System.Text;

namespace Uss.NfsFrontend.Exports;

/// <summary>The exports at one moment.</summary>
public sealed class ExportTable
{
    private readonly Dictionary<ushort, Export> _byId;
    private readonly List<(Export Export, List<ReadOnlyMemory<byte>> Names)> _byName;

    /// <summary>Creates a table of exports, each number and each path once.</summary>
    public ExportTable(IEnumerable<Export> exports)
    {
        All = [.. exports.OrderBy(export => export.Path, StringComparer.Ordinal)];
        _byId = All.ToDictionary(export => export.Id);
        _byName = [.. All.Select(export => (export, Split(Encoding.UTF8.GetBytes(export.Path))))];
    }

    /// <summary>All exports by path.</summary>
    public IReadOnlyList<Export> All { get; }

    /// <summary>The export of a handle; null when it is gone.</summary>
    public Export? Find(ushort id) => _byId.GetValueOrDefault(id);

    /// <summary>The export that a path leads into, and what is left of the path behind it; null when there is none.</summary>
    /// <param name="path">
    /// What a client wants to mount, such as <c>/default/a/b</c>; slashes may be doubled. Names of files are bytes, which need not be text
    /// of any encoding; the paths of exports are compared in UTF-8.
    /// </param>
    public (Export Export, IReadOnlyList<ReadOnlyMemory<byte>> Names)? Resolve(ReadOnlyMemory<byte> path)
    {
        var names = Split(path);
        (Export Export, IReadOnlyList<ReadOnlyMemory<byte>> Names)? found = null;
        var longest = -1;
        foreach (var (export, own) in _byName)
        {
            if (own.Count <= longest || !StartsWith(names, own))
                continue;
            longest = own.Count;
            found = (export, names[own.Count..]);
        }

        return found;
    }

    private static bool StartsWith(List<ReadOnlyMemory<byte>> names, List<ReadOnlyMemory<byte>> first)
    {
        if (first.Count > names.Count)
            return false;
        for (var i = 0; i < first.Count; i++)
        {
            if (!first[i].Span.SequenceEqual(names[i].Span))
                return false;
        }

        return true;
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> path)
    {
        var names = new List<ReadOnlyMemory<byte>>();
        foreach (var range in path.Span.Split((byte)'/'))
        {
            if (!path[range].IsEmpty)
                names.Add(path[range]);
        }

        return names;
    }
}
