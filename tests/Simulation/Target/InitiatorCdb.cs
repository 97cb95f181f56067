using System.Buffers.Binary;
using Uss.Runtime;
using Uss.Simulation.Blocks;

namespace Uss.Simulation.Target;

/// <summary>Command descriptor blocks and data-out of a simulated initiator (SBC-4, clause 5).</summary>
internal static class InitiatorCdb
{
    public const int LogicalBlockBytes = 512;

    /// <summary>Builds the CDB of a request, its data-out and the length of its data-in.</summary>
    public static (UInt128 Cdb, byte[] DataOut, int DataIn) Build(BlockRequest request, SeededRandom random)
    {
        var cdb = new byte[16];
        var dataOut = Array.Empty<byte>();
        var first = (ulong)(request.Offset / LogicalBlockBytes);
        var count = request.Length / LogicalBlockBytes;
        switch (request.Kind)
        {
            case BlockRequestKind.Read:
                Transfer(cdb, 0x28, 0x88, first, count, random);
                return (BinaryPrimitives.ReadUInt128BigEndian(cdb), dataOut, request.Length);
            case BlockRequestKind.Write:
                Transfer(cdb, 0x2A, 0x8A, first, count, random);
                dataOut = new byte[request.Length];
                request.Fill(dataOut);
                break;
            case BlockRequestKind.CompareAndWrite:
                cdb[0] = 0x89;
                BinaryPrimitives.WriteUInt64BigEndian(cdb.AsSpan(2), first);
                cdb[13] = (byte)count;
                dataOut = new byte[request.Length * 2];
                request.Fill(dataOut.AsSpan(0, request.Length), isExpected: true);
                request.Fill(dataOut.AsSpan(request.Length));
                break;
            case BlockRequestKind.Discard when random.Next(2) == 0:
                // WRITE SAME (16) with UNMAP and NDOB.
                cdb[0] = 0x93;
                cdb[1] = 0x09;
                BinaryPrimitives.WriteUInt64BigEndian(cdb.AsSpan(2), first);
                BinaryPrimitives.WriteUInt32BigEndian(cdb.AsSpan(10), (uint)count);
                break;
            case BlockRequestKind.Discard:
                // UNMAP with one descriptor.
                cdb[0] = 0x42;
                cdb[8] = 24;
                dataOut = new byte[24];
                dataOut[1] = 22;
                dataOut[3] = 16;
                BinaryPrimitives.WriteUInt64BigEndian(dataOut.AsSpan(8), first);
                BinaryPrimitives.WriteUInt32BigEndian(dataOut.AsSpan(16), (uint)count);
                break;
            default:
                cdb[0] = 0x35;
                break;
        }

        return (BinaryPrimitives.ReadUInt128BigEndian(cdb), dataOut, 0);
    }

    private static void Transfer(byte[] cdb, byte code10, byte code16, ulong first, int count, SeededRandom random)
    {
        // FUA at times; it changes nothing here, as every write is durable.
        cdb[1] = random.Next(4) == 0 ? (byte)0x08 : (byte)0;
        if (random.Next(2) == 0)
        {
            cdb[0] = code10;
            BinaryPrimitives.WriteUInt32BigEndian(cdb.AsSpan(2), (uint)first);
            BinaryPrimitives.WriteUInt16BigEndian(cdb.AsSpan(7), (ushort)count);
            return;
        }

        cdb[0] = code16;
        BinaryPrimitives.WriteUInt64BigEndian(cdb.AsSpan(2), first);
        BinaryPrimitives.WriteUInt32BigEndian(cdb.AsSpan(10), (uint)count);
    }
}
