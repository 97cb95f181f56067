using System.Runtime.InteropServices;

namespace Uss.NfsFrontend.Metadata;

/// <summary>The first 64 bytes of a page; <see cref="Page"/> has the whole picture. Little-endian.</summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct PageHeader
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    /// <summary>"USSP".</summary>
    public const uint ExpectedMagic = 0x50535355;

    [FieldOffset(0)]
    public uint Checksum;

    [FieldOffset(4)]
    public uint Magic;

    [FieldOffset(8)]
    public PageReference Self;

    [FieldOffset(24)]
    public byte Level;

    [FieldOffset(26)]
    public ushort Count;

    [FieldOffset(28)]
    public ushort HeapStart;

    [FieldOffset(30)]
    public ushort Garbage;

    [FieldOffset(32)]
    public ulong FileSystem;
}
