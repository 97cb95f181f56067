using System.Runtime.InteropServices;

namespace Uss.Replication.Rpc;

/// <summary>Block checksums and details of one frame, in arrays that are used again.</summary>
internal struct RpcBody(RpcArrays arrays)
{
    private readonly byte[] _ownDetails = new byte[RpcArrays.ShortDetails];
    private readonly uint[] _ownChecksums = new uint[RpcArrays.ShortChecksums];
    private byte[]? _details;
    private uint[]? _checksums;
    private int _detailBytes;
    private int _blocks;

    public readonly ReadOnlyMemory<byte> Details => (_details ?? _ownDetails).AsMemory(0, _detailBytes);

    public readonly ReadOnlyMemory<uint> Checksums => (_checksums ?? _ownChecksums).AsMemory(0, _blocks);

    /// <summary>Takes a copy of both; they may be parts of what this holds.</summary>
    public void Set(ReadOnlySpan<uint> checksums, ReadOnlySpan<byte> details)
    {
        var longChecksums = _checksums;
        var target = arrays.Fit(longChecksums ?? _ownChecksums, checksums.Length);
        checksums.CopyTo(target);
        _checksums = ReferenceEquals(target, _ownChecksums) ? null : target;
        _blocks = checksums.Length;

        var longDetails = _details;
        var detailTarget = arrays.Fit(longDetails ?? _ownDetails, details.Length);
        details.CopyTo(detailTarget);
        _details = ReferenceEquals(detailTarget, _ownDetails) ? null : detailTarget;
        _detailBytes = details.Length;
    }

    /// <summary>Takes a copy of a received body.</summary>
    public void Set(ReadOnlySpan<byte> body, int blocks) =>
        Set(MemoryMarshal.Cast<byte, uint>(body[..(blocks * sizeof(uint))]), body[(blocks * sizeof(uint))..]);

    /// <summary>Gives lent arrays back.</summary>
    public void Clear()
    {
        if (_details is not null)
            arrays.Keep(_details);
        if (_checksums is not null)
            arrays.Keep(_checksums);
        _details = null;
        _checksums = null;
        _detailBytes = _blocks = 0;
    }
}
