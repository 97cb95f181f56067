using System.Text;

namespace Uss.Target.Scsi.Reservations;

/// <summary>TransportID of an iSCSI initiator port (SPC-5, 7.6.4.6): name, separator and ISID as NUL-terminated text.</summary>
internal static class TransportId
{
    private const int HeaderLength = 4;
    private const int MinimumText = 20;

    /// <summary>Length in bytes, a multiple of four.</summary>
    public static int LengthOf(string initiatorPort) =>
        HeaderLength + Math.Max(MinimumText, (Encoding.UTF8.GetByteCount(initiatorPort) + 4) & ~3);

    /// <summary>Writes the identifier; the target is cleared already.</summary>
    public static void Write(Span<byte> target, string initiatorPort)
    {
        // FORMAT CODE 01b, PROTOCOL IDENTIFIER iSCSI.
        target[0] = 0x45;
        var length = LengthOf(initiatorPort) - HeaderLength;
        target[2] = (byte)(length >> 8);
        target[3] = (byte)length;
        Encoding.UTF8.GetBytes(initiatorPort, target[HeaderLength..]);
    }
}
