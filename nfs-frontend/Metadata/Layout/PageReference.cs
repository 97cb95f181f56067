using System.Runtime.InteropServices;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Names a page: by its place, and by the generation that it was written in, so that a lost write of it shows.</summary>
/// <param name="Id">Number of the page in the space.</param>
/// <param name="Generation">Generation of the superblock that was the first to have it.</param>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal readonly record struct PageReference(long Id, ulong Generation)
{
    /// <summary>Size as a value of an inner page.</summary>
    public const int Size = 16;

    /// <summary>Reads a value of an inner page.</summary>
    public static PageReference Read(ReadOnlySpan<byte> value) => MemoryMarshal.Read<PageReference>(value);

    /// <summary>Writes a value of an inner page.</summary>
    public void Write(Span<byte> value) => MemoryMarshal.Write(value, in this);
}
