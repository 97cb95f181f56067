using System.Buffers.Binary;

namespace Uss.NfsFrontend.Locks;

// Little-endian, fields in this order: version, kind, flags, address of the client, address of the server, inode, first and last byte,
// generation, svid, state, access, deny, file system; then each with its length in two bytes the client's name, the owner's handle, the file's
// handle, and the front-end.
public sealed partial record LockCall
{
    private const byte LayoutVersion = 1;
    private const int FixedBytes = 3 + (2 * LockHost.AddressBytes) + (3 * 8) + (6 * 4);

    [Flags]
    private enum Flag : byte
    {
        None = 0,
        Exclusive = 1,
        Blocking = 2,
        KeepsState = 4,
        All = 7,
    }

    /// <summary>Most bytes of a call.</summary>
    public const int MaximumSize = FixedBytes + (4 * 2) + LockHost.MaximumName + (2 * MaximumObject) + MaximumFrontEnd;

    /// <summary>Bytes that <see cref="Write"/> needs.</summary>
    public int Size => FixedBytes + (4 * 2) + Host.Name.Length + OwnerHandle.Length + FileHandle.Length + FrontEnd.Length;

    /// <summary>Writes the call: its <see cref="Size"/> in bytes.</summary>
    public void Write(Span<byte> target)
    {
        target[0] = LayoutVersion;
        target[1] = (byte)Kind;
        target[2] = (byte)((IsExclusive ? Flag.Exclusive : 0) | (IsBlocking ? Flag.Blocking : 0) | (KeepsState ? Flag.KeepsState : 0));
        target = target[3..];
        LockHost.WriteAddress(target, Host.Address);
        LockHost.WriteAddress(target[LockHost.AddressBytes..], Host.Server);
        target = target[(2 * LockHost.AddressBytes)..];
        foreach (var number in (ReadOnlySpan<ulong>)[Inode, Range.Start, Range.Last])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(target, number);
            target = target[8..];
        }

        foreach (var number in (ReadOnlySpan<uint>)[Generation, Svid, State, Share.Access, Share.Deny, FileSystem])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(target, number);
            target = target[4..];
        }

        WriteBytes(ref target, Host.Name);
        WriteBytes(ref target, OwnerHandle);
        WriteBytes(ref target, FileHandle);
        WriteBytes(ref target, FrontEnd);
    }

    /// <summary>Reads a call; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LockCall call)
    {
        call = null!;
        if (source.Length < FixedBytes || source[0] != LayoutVersion || source[1] is < (byte)LockCallKind.Test or > (byte)LockCallKind.FreeName)
            return false;
        var (kind, flags) = ((LockCallKind)source[1], (Flag)source[2]);
        var addresses = source[3..];
        var longs = addresses[(2 * LockHost.AddressBytes)..];
        var range = new LockRange(BinaryPrimitives.ReadUInt64LittleEndian(longs[8..]), BinaryPrimitives.ReadUInt64LittleEndian(longs[16..]));
        var inode = BinaryPrimitives.ReadUInt64LittleEndian(longs);
        var numbers = longs[(3 * 8)..];
        var rest = source[FixedBytes..];
        if ((flags & ~Flag.All) != 0 || range.Start > range.Last || range.Last > LockRange.End || inode > LockRecords.MaximumInode)
            return false;
        if (!TryReadBytes(ref rest, LockHost.MaximumName, out var name) || !TryReadBytes(ref rest, MaximumObject, out var owner)
            || !TryReadBytes(ref rest, MaximumObject, out var handle) || !TryReadBytes(ref rest, MaximumFrontEnd, out var frontEnd) || !rest.IsEmpty)
            return false;
        call = new LockCall
        {
            Kind = kind,
            Host = new LockHost(name, LockHost.ReadAddress(addresses), LockHost.ReadAddress(addresses[LockHost.AddressBytes..])),
            Inode = inode,
            Range = range,
            Generation = Number(numbers, 0),
            Svid = Number(numbers, 1),
            State = Number(numbers, 2),
            Share = new LockShare(Number(numbers, 3) & LockShare.Mask, Number(numbers, 4) & LockShare.Mask),
            FileSystem = Number(numbers, 5),
            IsExclusive = (flags & Flag.Exclusive) != 0,
            IsBlocking = (flags & Flag.Blocking) != 0,
            KeepsState = (flags & Flag.KeepsState) != 0,
            OwnerHandle = owner,
            FileHandle = handle,
            FrontEnd = frontEnd,
        };
        return true;
    }

    internal static void WriteBytes(ref Span<byte> target, ReadOnlyMemory<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, (ushort)bytes.Length);
        bytes.Span.CopyTo(target[2..]);
        target = target[(2 + bytes.Length)..];
    }

    internal static bool TryReadBytes(ref ReadOnlySpan<byte> source, int maximum, out byte[] bytes)
    {
        bytes = [];
        var length = source.Length < 2 ? int.MaxValue : BinaryPrimitives.ReadUInt16LittleEndian(source);
        if (length > maximum || length > source.Length - 2)
            return false;
        bytes = source.Slice(2, length).ToArray();
        source = source[(2 + length)..];
        return true;
    }

    private static uint Number(ReadOnlySpan<byte> numbers, int index) => BinaryPrimitives.ReadUInt32LittleEndian(numbers[(index * 4)..]);
}
