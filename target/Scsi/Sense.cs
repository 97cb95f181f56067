using System.Buffers.Binary;

namespace Uss.Target.Scsi;

/// <summary>
/// What went wrong with a command, before it is laid out as fixed or descriptor format sense data (SPC-5, 4.4).
/// </summary>
/// <param name="Key">The sense key.</param>
/// <param name="Code">The additional sense code and qualifier.</param>
internal readonly record struct Sense(SenseKey Key, AdditionalSense Code)
{
    /// <summary>Length of fixed format sense data with all of its fields.</summary>
    public const int FixedLength = 18;

    // Sense-key specific bytes for ILLEGAL REQUEST (SPC-5, 4.4.2.4.2): valid, C/D, BPV and the bit pointer.
    private const uint SpecificValid = 0x80_0000;
    private const uint SpecificInCdb = 0x40_0000;
    private const uint SpecificBitValid = 0x08_0000;

    /// <summary>INFORMATION field: an LBA or, for a miscompare, a byte offset; meaningful when <see cref="HasInformation"/>.</summary>
    public ulong Information { get; init; }

    /// <summary>Whether there is an INFORMATION field.</summary>
    public bool HasInformation { get; init; }

    /// <summary>For COPY ABORTED: number of the segment that failed, counting from 1; 0 for none.</summary>
    public int Segment { get; init; }

    /// <summary>The three sense-key specific bytes, 0 for none.</summary>
    private uint Specific { get; init; }

    /// <summary>ILLEGAL REQUEST with the given code and nothing more.</summary>
    public static Sense Illegal(AdditionalSense code) => new(SenseKey.IllegalRequest, code);

    /// <summary>INVALID FIELD IN CDB; the pointer names a whole byte.</summary>
    public static Sense InvalidCdbField(int byteIndex) =>
        Illegal(AdditionalSense.InvalidFieldInCdb) with { Specific = SpecificValid | SpecificInCdb | (uint)byteIndex };

    /// <summary>INVALID FIELD IN CDB; the pointer names the most significant bit of a field.</summary>
    public static Sense InvalidCdbField(int byteIndex, int bit) =>
        Illegal(AdditionalSense.InvalidFieldInCdb) with
        {
            Specific = SpecificValid | SpecificInCdb | SpecificBitValid | (uint)bit << 16 | (uint)byteIndex,
        };

    /// <summary>INVALID FIELD IN PARAMETER LIST; the pointer names a whole byte.</summary>
    public static Sense InvalidParameter(int byteIndex) =>
        Illegal(AdditionalSense.InvalidFieldInParameterList) with { Specific = SpecificValid | (uint)byteIndex };

    /// <summary>INVALID FIELD IN PARAMETER LIST; the pointer names the most significant bit of a field.</summary>
    public static Sense InvalidParameter(int byteIndex, int bit) =>
        Illegal(AdditionalSense.InvalidFieldInParameterList) with
        {
            Specific = SpecificValid | SpecificBitValid | (uint)bit << 16 | (uint)byteIndex,
        };

    /// <summary>The same sense with an INFORMATION field.</summary>
    public Sense WithInformation(ulong information) => this with { Information = information, HasInformation = true };

    /// <summary>Lays the sense data out and returns its length in bytes.</summary>
    public int Write(Span<byte> target, bool isDescriptorFormat) => isDescriptorFormat ? WriteDescriptors(target) : WriteFixed(target);

    private int SegmentIndex => Math.Max(0, Segment - 1);

    private int WriteFixed(Span<byte> target)
    {
        target[..FixedLength].Clear();

        // An LBA above 32 bits does not fit the fixed format: VALID stays 0 (SPC-5, 4.4.3).
        var hasInformation = HasInformation && Information <= uint.MaxValue;
        target[0] = (byte)(hasInformation ? 0xF0 : 0x70);
        target[2] = (byte)Key;
        if (hasInformation)
            BinaryPrimitives.WriteUInt32BigEndian(target[3..], (uint)Information);
        target[7] = FixedLength - 8;

        // COMMAND-SPECIFIC INFORMATION: the segment descriptor that was being processed (SPC-5, 5.18.7.4).
        BinaryPrimitives.WriteUInt16BigEndian(target[10..], (ushort)SegmentIndex);
        BinaryPrimitives.WriteUInt16BigEndian(target[12..], (ushort)Code);
        target[15] = (byte)(Specific >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(target[16..], (ushort)Specific);
        return FixedLength;
    }

    private int WriteDescriptors(Span<byte> target)
    {
        target[..8].Clear();
        target[0] = 0x72;
        target[1] = (byte)Key;
        BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)Code);
        var length = 8;
        if (HasInformation)
        {
            // Information sense data descriptor (SPC-5, 4.4.2.2).
            var descriptor = target.Slice(length, 12);
            descriptor.Clear();
            descriptor[1] = 0x0A;
            descriptor[2] = 0x80;
            BinaryPrimitives.WriteUInt64BigEndian(descriptor[4..], Information);
            length += 12;
        }

        if (Segment > 0)
        {
            // Command specific information sense data descriptor (SPC-5, 4.4.2.3).
            var descriptor = target.Slice(length, 12);
            descriptor.Clear();
            descriptor[0] = 0x01;
            descriptor[1] = 0x0A;
            BinaryPrimitives.WriteUInt16BigEndian(descriptor[10..], (ushort)SegmentIndex);
            length += 12;
        }

        if (Specific != 0)
        {
            // Sense key specific sense data descriptor (SPC-5, 4.4.2.4).
            var descriptor = target.Slice(length, 8);
            descriptor.Clear();
            descriptor[0] = 0x02;
            descriptor[1] = 0x06;
            descriptor[4] = (byte)(Specific >> 16);
            BinaryPrimitives.WriteUInt16BigEndian(descriptor[5..], (ushort)Specific);
            length += 8;
        }

        target[7] = (byte)(length - 8);
        return length;
    }
}
