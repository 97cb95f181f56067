namespace Uss.Store;

/// <summary>What holds for the blocks that a layer has no entry for. Without any flag, older layers are asked.</summary>
[Flags]
internal enum MapFlags : ushort
{
    /// <summary>Nothing: the layer says nothing about them.</summary>
    None = 0,

    /// <summary>The whole layer was discarded once: they are holes, of the base version.</summary>
    HasBase = 1,

    /// <summary>The layer's image was lost: nobody knows. Reads of them report damage until they are written again.</summary>
    IsLost = 2,
}
