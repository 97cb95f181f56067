using Uss.Runtime;
using Uss.Store;

namespace Uss.Volumes;

/// <summary>A disk that a node is told to use.</summary>
/// <param name="Name">Path or other name, for people.</param>
/// <param name="OpenAsync">Opens the store on it; called again when the disk is tried again.</param>
public sealed record DiskSource(string Name, Func<ValueTask<Result<IObjectStore>>> OpenAsync)
{
    /// <summary>Device class of the opened disk when nobody names one, or null for none; asked when the disk is new.</summary>
    public Func<string?>? DefaultClass { get; init; }
}
