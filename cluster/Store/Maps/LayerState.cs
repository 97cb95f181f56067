using System.Runtime.InteropServices;

namespace Uss.Store;

/// <summary>What is going on with a layer in memory.</summary>
[Flags]
internal enum LayerFlags : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The map differs from its image.</summary>
    Dirty = 1,

    /// <summary>Used since the clock hand last passed.</summary>
    Referenced = 2,

    /// <summary>The image could not be read or fails its checksum.</summary>
    Damaged = 4,

    /// <summary>In the list of layers that the next (or the running) checkpoint writes.</summary>
    Listed = 8,

    /// <summary>Met by the recovery that runs.</summary>
    Replayed = 16,

    /// <summary>About to be removed or merged: no operation may start on it.</summary>
    Leaving = 32,
}

/// <summary>The part of a table slot that lives in memory only, 40 bytes. Links are slots plus one, 0 ends a list.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct LayerState
{
    /// <summary>Size in bytes.</summary>
    public const int Bytes = 40;

    /// <summary>The map when it is in memory.</summary>
    public LayerMap* Map;

    /// <summary>The next object of the hash bucket; meaningful for an object's newest layer.</summary>
    public int HashNext;

    /// <summary>The next older layer of the object.</summary>
    public int Older;

    /// <summary>The neighbour towards the tail of the clock queue.</summary>
    public int QueueNext;

    /// <summary>The neighbour towards the head of the clock queue.</summary>
    public int QueuePrevious;

    /// <summary>Operations that need the map or the slot to stay.</summary>
    public int Pins;

    /// <summary>Number of the checkpoint that wrote the image.</summary>
    public uint ImageCheckpoint;

    /// <summary>What is going on.</summary>
    public LayerFlags Flags;
}
