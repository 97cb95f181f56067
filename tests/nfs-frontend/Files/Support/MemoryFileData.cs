using Uss.NfsFrontend.Metadata;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Contents of files that nobody stores: it notes what was discarded, and when.</summary>
internal sealed class MemoryFileData : IFileData
{
    public List<(ulong File, long From, long To, long AtNs)> Discards { get; } = [];

    public (long TotalBytes, long FreeBytes) Room { get; set; } = (1L << 40, 1L << 39);

    /// <summary>How long one takes.</summary>
    public long DiscardNs { get; set; }

    /// <summary>How the next ones end.</summary>
    public Queue<RecordStatus> Failures { get; } = [];

    /// <summary>Bytes discarded of a file.</summary>
    public IEnumerable<(long From, long To)> Of(ulong file) => Discards.Where(one => one.File == file).Select(one => (one.From, one.To));

    public async ValueTask<RecordStatus> DiscardAsync(ulong file, long from, long to)
    {
        Assert.That(to, Is.GreaterThan(from));
        if (DiscardNs > 0)
            await Reactor.Current.DelayAsync(DiscardNs);
        if (Failures.TryDequeue(out var failure))
            return failure;
        Discards.Add((file, from, to, Reactor.Current.MonotonicNs));
        return RecordStatus.Ok;
    }
}
