using System.Buffers.Binary;
using Uss.Target.Scsi;

namespace Uss.Target.Tests.Scsi.Reservations;

/// <summary>Commands around persistent reservations, as initiators send them.</summary>
internal static class ReservationCommands
{
    public const string Read = "28 00 00 00 00 00 00 00 01 00";
    public const string Write = "2A 00 00 00 00 00 00 00 01 00";
    public const string Ready = "00 00 00 00 00 00";
    public const string ReadKeys = "5E 00 00 00 00 00 00 10 00 00";

    // Service actions of PERSISTENT RESERVE OUT.
    public const int Register = 0;
    public const int Reserve = 1;
    public const int Release = 2;
    public const int Clear = 3;
    public const int Preempt = 4;
    public const int PreemptAndAbort = 5;
    public const int Ignore = 6;

    /// <summary>Runs PERSISTENT RESERVE OUT.</summary>
    public static ScsiAnswer Out(ScsiRig rig, ScsiNexus nexus, int action, ulong key, ulong actionKey, int type = 0, byte flags = 0) =>
        rig.Run(Cdb(action, type), List(key, actionKey, flags), nexus: nexus);

    public static byte[] Cdb(int action, int type) => [0x5F, (byte)action, (byte)type, 0, 0, 0, 0, 0, 24, 0];

    /// <summary>Its parameter list.</summary>
    public static byte[] List(ulong key, ulong actionKey, byte flags = 0)
    {
        var list = new byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(list, key);
        BinaryPrimitives.WriteUInt64BigEndian(list.AsSpan(8), actionKey);
        list[20] = flags;
        return list;
    }

    public static string Hex(ScsiAnswer answer)
    {
        answer.MustBeGood();
        return Convert.ToHexString(answer.Data);
    }
}
