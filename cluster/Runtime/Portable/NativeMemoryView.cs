using System.Buffers;

namespace Uss.Runtime.Portable;

/// <summary>Shows native memory to interfaces that ask for <see cref="Memory{T}"/>; one for each direction of a connection.</summary>
internal sealed unsafe class NativeMemoryView : MemoryManager<byte>
{
    private byte* _address;
    private int _length;

    public override Span<byte> GetSpan() => new(_address, _length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_address + elementIndex);

    public override void Unpin()
    {
    }

    internal Memory<byte> Show(byte* address, int length)
    {
        _address = address;
        _length = length;
        return CreateMemory(length);
    }

    protected override void Dispose(bool disposing)
    {
    }
}
