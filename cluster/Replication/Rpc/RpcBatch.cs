using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// The frames of one send: headers, checksums and details are written one after the other into a slab, payloads stay
/// where they are.
/// <code>
/// slab:     [header checksums details][header][header checksums]...
/// vector:   slab run, payload, slab run, payload
/// </code>
/// </summary>
internal sealed class RpcBatch : IDisposable
{
    // Holds the largest frame without its payload, and more than 800 frames of 4 KiB.
    private const int SlabBytes = 128 << 10;
    private const int SliceCapacity = 512;

    // One send should not keep what follows waiting for long: about a millisecond at 10 Gbit/s.
    private const long EnoughBytes = 1 << 20;

    private readonly SendVector _vector = new(SliceCapacity);
    private readonly PageBuffer _slab;
    private int _used;
    private int _runStart;

    public RpcBatch(BufferPool buffers) => _slab = buffers.Rent(SlabBytes);

    public bool IsEmpty => _used == 0;

    /// <summary>True when a frame of that payload and details fits.</summary>
    public bool HasRoom(int payloadBytes, int detailBytes) =>
        _used + RpcHeader.Size + (payloadBytes / RpcLimits.BlockBytes * sizeof(uint)) + detailBytes <= SlabBytes
        && _vector.Count + 3 <= SliceCapacity
        && _vector.TotalBytes < EnoughBytes;

    /// <summary>
    /// Appends a frame; lengths and checksums of the header are filled in. The vector takes a reference to the payload.
    /// </summary>
    public void Add(ref RpcHeader header, BufferSlice payload, ReadOnlySpan<uint> checksums, ReadOnlySpan<byte> details)
    {
        header.Magic = RpcHeader.ExpectedMagic;
        header.Version = RpcHeader.ExpectedVersion;
        header.PayloadBytes = payload.Length;
        header.DetailBytes = details.Length;
        var frame = _slab.Slice(_used, RpcHeader.Size + header.BodyBytes).Span;
        var body = frame[RpcHeader.Size..];
        var target = MemoryMarshal.Cast<byte, uint>(body[..(header.Blocks * sizeof(uint))]);
        if (checksums.Length > 0)
            checksums.CopyTo(target);
        else
            ComputeChecksums(payload.Span, target);
        details.CopyTo(body[(header.Blocks * sizeof(uint))..]);
        header.BodyChecksum = Crc32C.Compute(body);
        header.Write(frame);
        _used += frame.Length;
        if (payload.Length == 0)
            return;
        EndRun();
        _vector.Add(payload);
    }

    /// <summary>Ends the batch: the vector to send.</summary>
    public SendVector Complete()
    {
        EndRun();
        return _vector;
    }

    /// <summary>Drops the references; the batch is empty again.</summary>
    public void Clear()
    {
        _vector.Clear();
        _used = 0;
        _runStart = 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vector.Dispose();
        _slab.Release();
    }

    private static void ComputeChecksums(ReadOnlySpan<byte> payload, Span<uint> target)
    {
        for (var i = 0; i < target.Length; i++)
            target[i] = Crc32C.Compute(payload.Slice(i * RpcLimits.BlockBytes, RpcLimits.BlockBytes));
    }

    private void EndRun()
    {
        if (_used > _runStart)
            _vector.Add(_slab.Slice(_runStart, _used - _runStart));
        _runStart = _used;
    }
}
