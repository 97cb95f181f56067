using Uss.NfsFrontend.Files;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Volumes;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.NfsFrontend.VolumeFiles;

/// <summary>FSSTAT, FSINFO and PATHCONF for volumes as files (RFC 1813, 3.3.18 to 3.3.20).</summary>
internal static class VolumeLimits
{
    private const uint BlockBytes = 4096;
    private const uint ListBytes = 32 << 10;
    private const uint HomogeneousBit = 8;

    /// <summary>Writes the results of the call's procedure.</summary>
    public static void Answer(FileCall call, Volume? volume, in FileAttributes attributes)
    {
        var writer = new XdrWriter(call.Results.Span);
        writer.UInt32((uint)NfsStatus.Ok);
        writer.Boolean(true);
        attributes.Write(ref writer);
        switch (call.Procedure)
        {
            case NfsProcedure.FileSystemStatus:
                writer.UInt64((ulong)(volume?.SizeBytes ?? 0));
                for (var zeros = 0; zeros < 5; zeros++)
                    writer.UInt64(0);
                writer.UInt32(0);
                break;
            case NfsProcedure.FileSystemInformation:
                for (var direction = 0; direction < 2; direction++)
                {
                    writer.UInt32(NfsLimits.TransferBytes);
                    writer.UInt32(NfsLimits.TransferBytes);
                    writer.UInt32(BlockBytes);
                }

                writer.UInt32(ListBytes);
                writer.UInt64(VolumeRules.MaximumBytes);
                new NfsTime(1, 0).Write(ref writer);
                writer.UInt32(HomogeneousBit);
                break;
            default:
                writer.UInt32(1);
                writer.UInt32(NfsLimits.NameBytes);
                writer.Boolean(true);
                writer.Boolean(true);
                writer.Boolean(false);
                writer.Boolean(true);
                break;
        }

        call.ResultBytes = writer.Position;
    }
}
