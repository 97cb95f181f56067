using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>What a <see cref="CommitLog"/> works with.</summary>
internal sealed record CommitLogSettings
{
    public required Reactor Reactor { get; init; }

    public required IMetadataSpace Space { get; init; }

    public required LogRing Ring { get; init; }

    public required ulong FileSystem { get; init; }

    /// <summary>How long a commit is tried again that finds no space.</summary>
    public required long NoSpaceRetryNs { get; init; }

    /// <summary>Called when commits have become durable or can find space again.</summary>
    public required Action Progress { get; init; }

    /// <summary>Called when a commit is to be withdrawn: no checkpoint begins any more; false when one is being written.</summary>
    public required Func<bool> StopCheckpoints { get; init; }

    /// <summary>Called when a commit cannot be written, with what its callers are told; afterwards nothing can be.</summary>
    public required Action<RecordStatus> Fail { get; init; }
}

/// <summary>A place in the log, and what the commit there has to look like.</summary>
/// <param name="Position">Where it begins, in blocks since the ring was first used; or behind the end of the object, when it does not fit.</param>
/// <param name="NextSequence">Its number.</param>
/// <param name="Life">The life of the commit before it.</param>
/// <param name="Checksum">The checksum of the commit before it.</param>
internal readonly record struct LogPoint(long Position, ulong NextSequence, ulong Life, uint Checksum);
