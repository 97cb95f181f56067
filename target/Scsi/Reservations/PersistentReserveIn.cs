using System.Buffers.Binary;

namespace Uss.Target.Scsi.Reservations;

/// <summary>PERSISTENT RESERVE IN (SPC-5, 6.15).</summary>
internal static class PersistentReserveIn
{
    private const int HeaderLength = 8;

    public static ValueTask ReadKeys(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var state = view.Unit.Reservations;
        var length = HeaderLength + state.Registrations.Count * 8;
        var data = device.RentCleared(length, out var buffer);
        WriteHeader(data, state, length);
        for (var i = 0; i < state.Registrations.Count; i++)
            BinaryPrimitives.WriteUInt64BigEndian(data[(HeaderLength + i * 8)..], state.Registrations[i].Key);
        return command.GoodWith(buffer, length, AllocationLength(command));
    }

    public static ValueTask ReadReservation(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var state = view.Unit.Reservations;
        var length = state.Type == ReservationType.None ? HeaderLength : HeaderLength + 16;
        var data = device.RentCleared(length, out var buffer);
        WriteHeader(data, state, length);
        if (state.Type != ReservationType.None)
        {
            // RESERVATION KEY is 0 where everyone holds the reservation; SCOPE is the logical unit.
            BinaryPrimitives.WriteUInt64BigEndian(data[HeaderLength..], state.Holder?.Key ?? 0);
            data[HeaderLength + 13] = (byte)state.Type;
        }

        return command.GoodWith(buffer, length, AllocationLength(command));
    }

    public static ValueTask ReportCapabilities(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var data = device.RentCleared(HeaderLength, out var buffer);
        BinaryPrimitives.WriteUInt16BigEndian(data, HeaderLength);

        // CRH: RESERVE and RELEASE of insiders are harmless; PTPL_C.
        data[2] = (byte)(0x10 | (device.KeepsReservations ? 0x01 : 0));

        // TMV: the type mask is valid; ALLOW COMMANDS 001b: TEST UNIT READY is always let through; PTPL_A.
        data[3] = (byte)(0x90 | (view.Unit.Reservations.IsPersistent ? 0x01 : 0));

        // All six types.
        data[4] = 0xEA;
        data[5] = 0x01;
        return command.GoodWith(buffer, HeaderLength, AllocationLength(command));
    }

    public static ValueTask ReadFullStatus(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var state = view.Unit.Reservations;
        var length = HeaderLength;
        foreach (var registration in state.Registrations)
            length += 24 + TransportId.LengthOf(registration.InitiatorPort);
        var data = device.RentCleared(length, out var buffer);
        WriteHeader(data, state, length);
        var next = data[HeaderLength..];
        foreach (var registration in state.Registrations)
        {
            var idLength = TransportId.LengthOf(registration.InitiatorPort);
            BinaryPrimitives.WriteUInt64BigEndian(next, registration.Key);
            if (state.IsHolder(registration))
            {
                // R_HOLDER.
                next[12] = 0x01;
                next[13] = (byte)state.Type;
            }

            BinaryPrimitives.WriteUInt16BigEndian(next[18..], (ushort)registration.RelativeTargetPort);
            BinaryPrimitives.WriteUInt32BigEndian(next[20..], (uint)idLength);
            TransportId.Write(next[24..], registration.InitiatorPort);
            next = next[(24 + idLength)..];
        }

        return command.GoodWith(buffer, length, AllocationLength(command));
    }

    private static void WriteHeader(Span<byte> data, ReservationState state, int length)
    {
        BinaryPrimitives.WriteUInt32BigEndian(data, state.Generation);
        BinaryPrimitives.WriteUInt32BigEndian(data[4..], (uint)(length - HeaderLength));
    }

    private static int AllocationLength(ScsiCommand command) => BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]);
}
