using Uss.Runtime;

namespace Uss.Target.Iscsi;

/// <summary>
/// The PDUs of one send: headers, small data, padding and digests are written one after the other into a slab, payloads
/// stay where they are. The vector alternates between runs of the slab and payloads.
/// <code>
/// slab:     [BHS][BHS][BHS pad BHS]...
/// vector:   slab run, payload, slab run, payload, slab run
/// </code>
/// </summary>
internal sealed class OutputBatch : IDisposable
{
    /// <summary>Longest data that is copied into the slab, bytes: sense data, and the header inside a Reject.</summary>
    public const int MaximumInlineData = 72;

    // Header, header digest, inline data, padding, data digest.
    private const int LargestPdu = BasicHeader.Size + BasicHeader.DigestSize + MaximumInlineData + BasicHeader.DigestSize;
    private const int SlabBytes = 32768;
    private const int SliceCapacity = 512;

    // One send should not keep what follows waiting for long: about a millisecond at 10 Gbit/s.
    private const long EnoughBytes = 1 << 20;

    private readonly SendVector _vector = new(SliceCapacity);
    private readonly PageBuffer _slab;
    private int _used;
    private int _runStart;

    /// <summary>Creates a batch whose slab comes from the pool.</summary>
    public OutputBatch(BufferPool buffers) => _slab = buffers.Rent(SlabBytes);

    /// <summary>Header digests are appended (RFC 7143, 13.1).</summary>
    public bool HasHeaderDigest { get; set; }

    /// <summary>Data digests are appended (RFC 7143, 13.1).</summary>
    public bool HasDataDigest { get; set; }

    /// <summary>True when another PDU fits: at most a slab run, a payload and the run after it.</summary>
    public bool HasRoom =>
        _used + LargestPdu <= SlabBytes && _vector.Count + 3 <= SliceCapacity && _vector.TotalBytes < EnoughBytes;

    /// <summary>True when nothing was written.</summary>
    public bool IsEmpty => _used == 0;

    /// <summary>Room for a header, to be filled in and then passed by <see cref="Add(Span{byte})"/>.</summary>
    public Span<byte> NextHeader => _slab.Slice(_used, BasicHeader.Size).Span;

    /// <summary>Appends the header that was written to <see cref="NextHeader"/>, without data.</summary>
    public void Add(Span<byte> header)
    {
        _used += BasicHeader.Size;
        if (HasHeaderDigest)
            PutDigest(Crc32C.Compute(header));
    }

    /// <summary>Appends the header and a copy of its short data.</summary>
    public void AddWithCopy(Span<byte> header, ReadOnlySpan<byte> data)
    {
        Invariant.Check(data.Length <= MaximumInlineData);
        Add(header);
        if (data.IsEmpty)
            return;
        var padded = data.Length + BasicHeader.PaddingOf(data.Length);
        var target = _slab.Slice(_used, padded).Span;
        target.Clear();
        data.CopyTo(target);
        _used += padded;
        if (HasDataDigest)
            PutDigest(Crc32C.Compute(target));
    }

    /// <summary>Appends the header and its data, which stays in its buffer; the vector takes a reference.</summary>
    public void AddWithData(Span<byte> header, BufferSlice data)
    {
        Add(header);
        if (data.Length == 0)
            return;
        EndRun();
        _vector.Add(data);
        var padding = BasicHeader.PaddingOf(data.Length);
        if (padding > 0)
            _slab.Slice(_used, padding).Span.Clear();
        var digest = HasDataDigest ? Crc32C.Append(Crc32C.Compute(data.Span), _slab.Slice(_used, padding).Span) : 0;
        _used += padding;
        if (HasDataDigest)
            PutDigest(digest);
    }

    /// <summary>As <see cref="AddWithData"/>, for login responses: digests apply only after the login (RFC 7143, 13.1).</summary>
    public void AddWithoutDigests(Span<byte> header, BufferSlice data)
    {
        var digests = (HasHeaderDigest, HasDataDigest);
        (HasHeaderDigest, HasDataDigest) = (false, false);
        AddWithData(header, data);
        (HasHeaderDigest, HasDataDigest) = digests;
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

    // Digests travel least significant byte first (RFC 7143, 13.1: the CRC's bits are sent in reverse).
    private void PutDigest(uint digest)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(_slab.Slice(_used, BasicHeader.DigestSize).Span, digest);
        _used += BasicHeader.DigestSize;
    }

    private void EndRun()
    {
        if (_used > _runStart)
            _vector.Add(_slab.Slice(_runStart, _used - _runStart));
        _runStart = _used;
    }
}
