using System.Net;

namespace Uss.NfsFrontend.Exports;

/// <summary>Who may do what by which export, asked for every request: what was found for a client is kept until the exports change.</summary>
public sealed class ExportGate
{
    private const int MostKept = 65_536;

    private readonly Dictionary<(ushort Export, IPAddress Client), ExportRule?> _found = [];

    /// <summary>The exports in force.</summary>
    public ExportTable Exports
    {
        get;
        set
        {
            field = value;
            _found.Clear();
        }
    }
    = new([]);

    /// <summary>The rule for a client of an export; null when the export is gone, or the client may do nothing.</summary>
    public ExportRule? Find(ushort export, IPAddress client)
    {
        if (_found.TryGetValue((export, client), out var rule))
            return rule;
        rule = Exports.Find(export)?.RuleFor(client);
        if (_found.Count >= MostKept)
            _found.Clear();
        _found.Add((export, client), rule);
        return rule;
    }
}
