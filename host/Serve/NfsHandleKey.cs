using System.Text;
using Uss.Coordination;
using Uss.Runtime;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// The key that the handles of NFS clients are made with: one for all nodes and for ever, made by whichever node is first. Secret, since
/// whoever has it can make handles to every file.
/// </summary>
internal static class NfsHandleKey
{
    /// <summary>Bytes of the key.</summary>
    public const int Bytes = 32;

    /// <summary>Reads the key, and makes it before. On the reactor.</summary>
    public static async ValueTask<Result<ReadOnlyMemory<byte>>> ReadAsync(Reactor reactor, ICoordinationStore coordination)
    {
        while (true)
        {
            var read = await coordination.GetAsync(RecordKeys.HandleKey);
            if (!read.IsAvailable)
                return Faults.RecordsUnavailable;
            if (read.Entries.Count > 0)
                return Parse(read.Entries[0].Value);
            var made = new byte[Bytes];
            reactor.FillEntropy(made);
            var document = Encoding.UTF8.GetBytes($"\"{Convert.ToBase64String(made)}\"");
            var commit = await coordination.CommitAsync([new Condition(RecordKeys.HandleKey, 0)], [new Change(RecordKeys.HandleKey, document)]);
            if (commit.Status == CommitStatus.Unknown)
                return Faults.RecordsUnavailable;
            if (commit.Status == CommitStatus.Applied)
                return (ReadOnlyMemory<byte>)made;
        }
    }

    private static Result<ReadOnlyMemory<byte>> Parse(ReadOnlyMemory<byte> document)
    {
        var text = Encoding.UTF8.GetString(document.Span).Trim('"');
        var key = new byte[Bytes];
        return Convert.TryFromBase64String(text, key, out var length) && length == Bytes ? (ReadOnlyMemory<byte>)key : new Fault(
            "bad-record",
            $"The record '{RecordKeys.HandleKey}' is not a key of {Bytes} bytes.",
            "Restore it; without it, removing it makes another key and all NFS clients must mount anew.");
    }
}
