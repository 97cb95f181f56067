namespace Uss.Runtime.IoUring;

// Registered buffers: the kernel pins their pages once instead of looking them up for each transfer, and sees a huge page
// as one segment.
internal sealed unsafe partial class Ring : IBufferRegistry
{
    private const int MostBuffers = 4096;

    private readonly Stack<int> _freeBuffers = new();
    private int _usedBuffers = MostBuffers;

    /// <inheritdoc/>
    public int Register(byte* address, int sizeBytes)
    {
        var isRecycled = _freeBuffers.TryPop(out var index);
        if (!isRecycled)
        {
            if (_usedBuffers == MostBuffers)
                return IBufferRegistry.Unregistered;
            index = _usedBuffers++;
        }

        if (UpdateBuffer(index, address, sizeBytes))
            return index;

        // Most likely the limit of locked memory: transfers work all the same.
        _freeBuffers.Push(index);
        return IBufferRegistry.Unregistered;
    }

    /// <inheritdoc/>
    public void Unregister(int index)
    {
        Invariant.Check(UpdateBuffer(index, null, 0));
        _freeBuffers.Push(index);
    }

    // A kernel without sparse tables leaves the registry full.
    private void PrepareBuffers()
    {
        var table = new ResourceRegister { Count = MostBuffers, Flags = ResourceRegister.Sparse };
        if (RingCalls.Register(_descriptor, RingCalls.RegisterBuffers, &table, ResourceRegister.Size) == 0)
            _usedBuffers = 0;
    }

    private bool UpdateBuffer(int index, byte* address, int sizeBytes)
    {
        var vector = new SendVector.IoVec { Base = address, Length = (nuint)sizeBytes };
        var update = new ResourceUpdateMany { Offset = (uint)index, Data = (ulong)&vector, Count = 1 };
        return RingCalls.Register(_descriptor, RingCalls.UpdateBuffers, &update, ResourceUpdateMany.Size) == 1;
    }
}
