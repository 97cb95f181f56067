using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

/// <summary>The contents of a file system's files, as far as the owner of its metadata changes them.</summary>
public interface IFileData
{
    /// <summary>
    /// Makes a range of a file's contents read as zeros and gives back its whole blocks; durable when it completes. It is done for what was
    /// never written, too, at the cost of one message for each 4 MiB.
    /// </summary>
    /// <param name="file">Number of the file's contents.</param>
    /// <param name="from">First byte.</param>
    /// <param name="to">Where it ends.</param>
    ValueTask<RecordStatus> DiscardAsync(ulong file, long from, long to);

    /// <summary>Room of the pool in bytes, without copies.</summary>
    (long TotalBytes, long FreeBytes) Room { get; }
}
