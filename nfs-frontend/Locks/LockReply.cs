using System.Buffers.Binary;

namespace Uss.NfsFrontend.Locks;

/// <summary>Who is in the way of a lock (XNFS, nlm4_holder).</summary>
/// <param name="IsExclusive">Whether it holds the range alone.</param>
/// <param name="Svid">Whom its host named.</param>
/// <param name="OwnerHandle">The same, in bytes.</param>
/// <param name="Range">What it holds.</param>
public sealed record LockHolder(bool IsExclusive, uint Svid, ReadOnlyMemory<byte> OwnerHandle, LockRange Range);

/// <summary>The answer to a call about locks. Plain data, as <see cref="LockCall"/> is.</summary>
/// <param name="Status">What became of it.</param>
/// <param name="Holder">Who is in the way, when that was asked and somebody is.</param>
public sealed record LockReply(LockStatus Status, LockHolder? Holder = null)
{
    /// <summary>Most bytes of an answer.</summary>
    public const int MaximumSize = HeaderBytes + HolderBytes + 2 + LockCall.MaximumObject;

    // Version, status, whether there is a holder.
    private const int HeaderBytes = 3;

    // Whether it is exclusive, svid, first and last byte; the owner's handle follows with its length in two bytes. Little-endian.
    private const int HolderBytes = 1 + 4 + 8 + 8;
    private const byte LayoutVersion = 1;

    /// <summary>Bytes that <see cref="Write"/> needs.</summary>
    public int Size => HeaderBytes + (Holder is null ? 0 : HolderBytes + 2 + Holder.OwnerHandle.Length);

    /// <summary>Writes the answer: its <see cref="Size"/> in bytes.</summary>
    public void Write(Span<byte> target)
    {
        target[0] = LayoutVersion;
        target[1] = (byte)Status;
        target[2] = (byte)(Holder is null ? 0 : 1);
        if (Holder is null)
            return;
        target = target[HeaderBytes..];
        target[0] = (byte)(Holder.IsExclusive ? 1 : 0);
        BinaryPrimitives.WriteUInt32LittleEndian(target[1..], Holder.Svid);
        BinaryPrimitives.WriteUInt64LittleEndian(target[5..], Holder.Range.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(target[13..], Holder.Range.Last);
        target = target[HolderBytes..];
        LockCall.WriteBytes(ref target, Holder.OwnerHandle);
    }

    /// <summary>Reads an answer; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> source, out LockReply reply)
    {
        reply = null!;
        if (source.Length < HeaderBytes || source[0] != LayoutVersion || source[1] > (byte)LockStatus.Failed || source[2] > 1)
            return false;
        var status = (LockStatus)source[1];
        var hasHolder = source[2] == 1;
        source = source[HeaderBytes..];
        if (!hasHolder)
        {
            reply = new LockReply(status);
            return source.IsEmpty;
        }

        if (source.Length < HolderBytes || source[0] > 1)
            return false;
        var range = new LockRange(BinaryPrimitives.ReadUInt64LittleEndian(source[5..]), BinaryPrimitives.ReadUInt64LittleEndian(source[13..]));
        var (isExclusive, svid) = (source[0] == 1, BinaryPrimitives.ReadUInt32LittleEndian(source[1..]));
        source = source[HolderBytes..];
        if (range.Start > range.Last || range.Last > LockRange.End || !LockCall.TryReadBytes(ref source, LockCall.MaximumObject, out var handle))
            return false;
        reply = new LockReply(status, new LockHolder(isExclusive, svid, handle, range));
        return source.IsEmpty;
    }
}
