namespace Uss.Runtime;

/// <summary>Who wants to know the memory of a <see cref="BufferPool"/>: a reactor whose kernel transfers faster to and from it then.</summary>
internal unsafe interface IBufferRegistry
{
    /// <summary>Index of memory that is not registered.</summary>
    const int Unregistered = -1;

    /// <summary>New memory. Its index, or <see cref="Unregistered"/> when there is no room for it.</summary>
    int Register(byte* address, int sizeBytes);

    /// <summary>The memory is about to be freed.</summary>
    void Unregister(int index);
}
