using System.Runtime.InteropServices;

namespace Uss.Runtime;

/// <summary>
/// A reusable list of buffer slices to send, laid out as the kernel's <c>struct iovec</c> so that nothing is converted
/// on the way. Holds one reference to each slice's buffer from <see cref="Add"/> to <see cref="Clear"/>.
/// </summary>
public sealed unsafe class SendVector : IDisposable
{
    private readonly BufferSlice[] _slices;
    private IoVec* _vectors;
    private bool _isSending;

    /// <summary>Creates a vector for at most <paramref name="capacity"/> slices.</summary>
    public SendVector(int capacity)
    {
        _slices = new BufferSlice[capacity];
        _vectors = (IoVec*)NativeMemory.Alloc((nuint)capacity, (nuint)sizeof(IoVec));
    }

    /// <summary>The kernel's <c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoVec
    {
        /// <summary>Start of the memory.</summary>
        public byte* Base;

        /// <summary>Length in bytes.</summary>
        public nuint Length;
    }

    /// <summary>Slices held.</summary>
    public int Count { get; private set; }

    /// <summary>Most slices it can hold.</summary>
    public int Capacity => _slices.Length;

    /// <summary>Sum of the slices' lengths in bytes.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>The native array; implementations of connections advance it in place while sending.</summary>
    public IoVec* Vectors => _vectors;

    /// <summary>The slices, in order.</summary>
    public ReadOnlySpan<BufferSlice> Slices => _slices.AsSpan(0, Count);

    /// <summary>Appends a slice and takes a reference of its own to its buffer. An empty slice adds nothing.</summary>
    public void Add(BufferSlice slice)
    {
        Invariant.Check(!_isSending);
        if (slice.IsEmpty)
            return;
        Invariant.Check(Count < _slices.Length);
        slice.Buffer.AddReference();
        _slices[Count] = slice;
        _vectors[Count] = new IoVec { Base = slice.Address, Length = (nuint)slice.Length };
        Count++;
        TotalBytes += slice.Length;
    }

    /// <summary>Drops all slices and the references to their buffers.</summary>
    public void Clear()
    {
        Invariant.Check(!_isSending);
        for (var i = 0; i < Count; i++)
        {
            _slices[i].Buffer.Release();
            _slices[i] = default;
        }

        Count = 0;
        TotalBytes = 0;
    }

    /// <summary>For connections: from here on the vector belongs to the connection.</summary>
    internal void BeginSend()
    {
        Invariant.Check(!_isSending);
        _isSending = true;
    }

    /// <summary>For connections: the vector belongs to the caller again.</summary>
    internal void EndSend() => _isSending = false;

    /// <summary>
    /// For connections: takes <paramref name="bytes"/> off the front of the native array from entry <paramref name="first"/>
    /// on, after a partial send. The index of the first entry that still has bytes.
    /// </summary>
    internal int Advance(int first, long bytes)
    {
        while (bytes > 0 && bytes >= (long)_vectors[first].Length)
        {
            bytes -= (long)_vectors[first].Length;
            Restore(first);
            first++;
            Invariant.Check(first < Count || bytes == 0);
        }

        if (bytes > 0)
        {
            _vectors[first].Base += bytes;
            _vectors[first].Length -= (nuint)bytes;
        }

        return first;
    }

    /// <summary>For connections: undoes <see cref="Advance"/>, whose last answer was <paramref name="first"/>.</summary>
    internal void Rewind(int first)
    {
        if (first < Count)
            Restore(first);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clear();
        NativeMemory.Free(_vectors);
        _vectors = null;
    }

    private void Restore(int index) =>
        _vectors[index] = new IoVec { Base = _slices[index].Address, Length = (nuint)_slices[index].Length };
}
