using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Uss.NfsFrontend.Nfs;

/// <summary>
/// What names a file to clients: the same through every front-end and after every restart. Opaque to them, and nobody but a front-end can
/// make one: a handle that was guessed or changed does not have the right code.
/// <code>
/// byte  0      version of the layout
/// byte  1      0
/// byte  2 - 3  export
/// byte  4 - 7  file system
/// byte  8 - 15 inode
/// byte 16 - 19 generation: tells files apart that had the same inode one after the other
/// byte 20 - 23 snapshot; 0: the file system as it is now
/// byte 24 - 31 SipHash-2-4 of bytes 0 to 23, by both halves of the key, exclusive or
/// </code>
/// 32 bytes, of the 56 that every client takes. Big-endian.
/// </summary>
public readonly record struct FileHandle
{
    /// <summary>Bytes of a handle.</summary>
    public const int Size = 32;

    /// <summary>Bytes of the key that handles are authenticated with.</summary>
    public const int KeyBytes = 32;

    private const byte LayoutVersion = 2;
    private const int CodeOffset = 24;
    private const int CodeBytes = Size - CodeOffset;

    /// <summary>The export through which it was given out: its rules hold for every request.</summary>
    public ushort Export { get; init; }

    /// <summary>The file system.</summary>
    public uint FileSystem { get; init; }

    /// <summary>The inode.</summary>
    public ulong Inode { get; init; }

    /// <summary>The inode's generation.</summary>
    public uint Generation { get; init; }

    /// <summary>The snapshot; 0: none.</summary>
    public uint Snapshot { get; init; }

    /// <summary>Reads a handle; false when it is none, or was not made with this key.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, ReadOnlySpan<byte> key, out FileHandle handle)
    {
        handle = default;
        if (!HasLayout(source))
            return false;
        Span<byte> code = stackalloc byte[CodeBytes];
        Authenticate(source[..CodeOffset], key, code);
        if (!CryptographicOperations.FixedTimeEquals(code, source[CodeOffset..]))
            return false;
        handle = Read(source);
        return true;
    }

    /// <summary>Whether bytes look like a handle.</summary>
    internal static bool HasLayout(ReadOnlySpan<byte> source) => source.Length == Size && source[0] == LayoutVersion && source[1] == 0;

    /// <summary>Reads the fields of a handle that is known to be one.</summary>
    internal static FileHandle Read(ReadOnlySpan<byte> source) => new()
    {
        Export = BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
        FileSystem = BinaryPrimitives.ReadUInt32BigEndian(source[4..]),
        Inode = BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        Generation = BinaryPrimitives.ReadUInt32BigEndian(source[16..]),
        Snapshot = BinaryPrimitives.ReadUInt32BigEndian(source[20..]),
    };

    /// <summary>Writes the <see cref="Size"/> bytes.</summary>
    public void Write(Span<byte> target, ReadOnlySpan<byte> key)
    {
        target[0] = LayoutVersion;
        target[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], Export);
        BinaryPrimitives.WriteUInt32BigEndian(target[4..], FileSystem);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], Inode);
        BinaryPrimitives.WriteUInt32BigEndian(target[16..], Generation);
        BinaryPrimitives.WriteUInt32BigEndian(target[20..], Snapshot);
        Authenticate(target[..CodeOffset], key, target.Slice(CodeOffset, CodeBytes));
    }

    private static void Authenticate(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> key, Span<byte> code)
    {
        Span<byte> folded = stackalloc byte[SipHash.KeyBytes];
        (Vector128.Create(key[..SipHash.KeyBytes]) ^ Vector128.Create(key.Slice(SipHash.KeyBytes, SipHash.KeyBytes))).CopyTo(folded);
        BinaryPrimitives.WriteUInt64BigEndian(code, SipHash.Compute(folded, fields));
    }
}
