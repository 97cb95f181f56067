using System.Buffers.Binary;

namespace Uss.Target.Scsi.Copy;

/// <summary>
/// The Identification Descriptor CSCD descriptor (SPC-5, 6.4.5.3): names a logical unit by one of its designators. It is
/// looked for among what the asking nexus sees and nowhere else: what is not mapped to an initiator cannot be copied by
/// it, whatever it knows of names.
/// </summary>
internal static class CopyDevice
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 32;

    /// <summary>DESCRIPTOR TYPE CODE.</summary>
    public const byte TypeCode = 0xE4;

    private const int DesignatorOffset = 8;
    private const int DesignatorCapacity = 20;

    /// <summary>The logical unit as the nexus sees it, or null.</summary>
    public static LunView? Find(ReadOnlySpan<byte> descriptor, DeviceNexus nexus)
    {
        var length = descriptor[7];
        if (length is 0 or > DesignatorCapacity)
            return null;

        // Only designators of a logical unit, only direct access block devices, only this block length (0: any).
        var isOfUnit = (descriptor[5] & 0x30) == 0;
        var blockBytes = BinaryPrimitives.ReadUInt32BigEndian(descriptor[28..]) & 0xFF_FFFF;
        if (!isOfUnit || (descriptor[1] & 0x1F) != 0 || blockBytes is not (0 or LogicalUnit.BlockBytes))
            return null;
        var codeSet = (byte)(descriptor[4] & 0x0F);
        var designatorType = (byte)(descriptor[5] & 0x0F);
        var designator = descriptor.Slice(DesignatorOffset, length);
        foreach (var view in nexus.Views)
        {
            if (view is not null && DeviceIdentification.Has(view.Unit, codeSet, designatorType, designator))
                return view;
        }

        return null;
    }
}
