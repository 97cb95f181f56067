using System.Buffers;

namespace Uss.Runtime;

/// <summary>Shows native memory to interfaces that ask for <see cref="Memory{T}"/>; one for each direction of a connection.</summary>
public sealed unsafe class NativeMemoryView : MemoryManager<byte>
{
    private byte* _address;
    private int _length;

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_address, _length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <summary>The memory; good until the next call, and as long as whoever owns it keeps it.</summary>
    public Memory<byte> Show(byte* address, int length)
    {
        _address = address;
        _length = length;
        return CreateMemory(length);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
