namespace Uss.Runtime;

/// <summary>
/// A part of a <see cref="PageBuffer"/>. Copying a slice takes no reference: who hands a slice on says in its
/// documentation whether the receiver takes one.
/// </summary>
public readonly unsafe struct BufferSlice
{
    /// <summary>Creates the slice [<paramref name="offset"/>, <paramref name="offset"/> + <paramref name="length"/>).</summary>
    public BufferSlice(PageBuffer buffer, int offset, int length)
    {
        Invariant.Check(offset >= 0 && length >= 0 && offset <= buffer.Capacity - length);
        Buffer = buffer;
        Offset = offset;
        Length = length;
    }

    /// <summary>The buffer.</summary>
    public PageBuffer Buffer { get; }

    /// <summary>Start within the buffer, in bytes.</summary>
    public int Offset { get; }

    /// <summary>Length in bytes.</summary>
    public int Length { get; }

    /// <summary>True for the default value, which has no buffer.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>Address of the first byte; stable while the buffer is referenced.</summary>
    public byte* Address => Buffer.Address + Offset;

    /// <summary>The bytes.</summary>
    public Span<byte> Span => Length == 0 ? default : new Span<byte>(Address, Length);

    /// <summary>A part of this slice.</summary>
    public BufferSlice Slice(int offset, int length)
    {
        Invariant.Check(offset >= 0 && length >= 0 && offset <= Length - length);
        return new BufferSlice(Buffer, Offset + offset, length);
    }
}
