using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Scsi.Reservations;

/// <summary>PERSISTENT RESERVE OUT (SPC-5, 6.16), without third-party registration and REGISTER AND MOVE.</summary>
internal static class PersistentReserveOut
{
    private const int ListLength = 24;

    // Byte 20 of the parameter list.
    private const int FlagsByte = 20;
    private const int ActivatePersistence = 0x01;

    /// <summary>Registrations that one logical unit keeps.</summary>
    private const int MaximumRegistrations = 1024;

    private enum Action
    {
        Register = 0,
        Reserve = 1,
        Release = 2,
        Clear = 3,
        Preempt = 4,
        PreemptAndAbort = 5,
        RegisterAndIgnore = 6,
    }

    private enum Answer
    {
        Good,
        Conflict,
        InvalidKey,
        InvalidType,
        InvalidRelease,
        TooMany,

        // Not known to be stored.
        Unstored,

        // Stored, but some node cannot be reached that may not go by it yet.
        Unsettled,
    }

    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var action = (Action)(command.Cdb[1] & 0x1F);
        var listLength = BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[5..]);
        command.TransferLength = command.DataOut.Length;
        if (listLength != ListLength || command.DataOut.Length < ListLength)
            return command.Fail(view, Sense.Illegal(AdditionalSense.ParameterListLengthError));
        if (view.Unit.ReservedBy is not null)
            return command.End(ScsiStatus.ReservationConflict);
        if (CheckType(command, action) is { } invalidType)
            return command.Fail(view, invalidType);
        if (CheckFlags(device, command.DataOut.Span[FlagsByte], action) is { } invalidFlags)
            return command.Fail(view, invalidFlags);
        return Run(device, command, view, action);
    }

    private static Sense? CheckType(ScsiCommand command, Action action)
    {
        if (action is not (Action.Reserve or Action.Release or Action.Preempt or Action.PreemptAndAbort))
            return null;

        // SCOPE: only the logical unit.
        if (command.Cdb[2] >> 4 != 0)
            return Sense.InvalidCdbField(2, 7);

        // PREEMPT looks at TYPE only where it establishes a reservation.
        var isTypeValid = action is Action.Preempt or Action.PreemptAndAbort
            || ReservationTypes.IsValid((ReservationType)(command.Cdb[2] & 0x0F));
        return isTypeValid ? null : Sense.InvalidCdbField(2, 3);
    }

    private static Sense? CheckFlags(ScsiDevice device, byte flags, Action action)
    {
        // The flags count for registering alone; SPEC_I_PT and ALL_TG_PT are not served (capabilities say so).
        if (action is not (Action.Register or Action.RegisterAndIgnore))
            return null;
        if ((flags & 0x08) != 0)
            return Sense.InvalidParameter(FlagsByte, 3);
        if ((flags & 0x04) != 0)
            return Sense.InvalidParameter(FlagsByte, 2);
        return (flags & ActivatePersistence) != 0 && !device.KeepsReservations ? Sense.InvalidParameter(FlagsByte, 0) : null;
    }

    // One change of a logical unit at a time: the next one starts from what is stored.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiDevice device, ScsiCommand command, LunView view, Action action)
    {
        var unit = view.Unit;
        if (unit.IsReservationChanging)
        {
            await command.End(ScsiStatus.Busy);
            return;
        }

        unit.IsReservationChanging = true;
        var (answer, change, number) = await ChangeAsync(device, command, view, action);
        unit.IsReservationChanging = false;
        if (answer == Answer.Good && action == Action.PreemptAndAbort)
        {
            AbortTasks(device, command, view, change!.Preempted);
            await DrainAsync(view, change.Preempted);
        }

        if (answer == Answer.Good && number > 0 && !await device.SharedReservations!.SettleAsync(unit.Volume.Id, number))
            answer = Answer.Unsettled;
        await AnswerAsync(command, view, answer);
    }

    private static async ValueTask<(Answer Answer, ReservationChange? Change, long Number)> ChangeAsync(
        ScsiDevice device, ScsiCommand command, LunView view, Action action)
    {
        var unit = view.Unit;
        while (true)
        {
            SharedReservationRecord? read = null;
            if (device.SharedReservations is { } shared)
            {
                read = await shared.ReadAsync(unit.Volume.Id);
                if (read is null)
                    return (Answer.Unstored, null, 0);
                if (read.Record is { } record)
                    unit.TakeIn(device, record);
            }

            var change = new ReservationChange(unit.Reservations, view.Nexus);
            var answer = AnswerOf(Apply(change, command, action));
            if (answer == Answer.Good && change.Next.Registrations.Count > MaximumRegistrations)
                answer = Answer.TooMany;
            if (answer != Answer.Good)
                return (answer, null, 0);
            change.Next.Version += read is null ? 0u : 1;
            change.Next.Aborts += action == Action.PreemptAndAbort ? 1u : 0;
            var number = await StoreAsync(device, unit, read, change.Next);
            if (number is null)
                return (Answer.Unstored, null, 0);

            // Another front-end was faster: what it made of it counts.
            if (read is not null && number == 0)
                continue;
            unit.Reservations = change.Next;
            foreach (var (registration, attention) in change.Notices)
                unit.Notify(registration, attention);
            return (Answer.Good, change, number.Value);
        }
    }

    private static Answer AnswerOf(ReservationOutcome outcome) => outcome switch
    {
        ReservationOutcome.Conflict => Answer.Conflict,
        ReservationOutcome.InvalidKey => Answer.InvalidKey,
        ReservationOutcome.InvalidType => Answer.InvalidType,
        ReservationOutcome.InvalidRelease => Answer.InvalidRelease,
        _ => Answer.Good,
    };

    private static ValueTask AnswerAsync(ScsiCommand command, LunView view, Answer answer) => answer switch
    {
        Answer.Good => command.Good(),
        Answer.Conflict => command.End(ScsiStatus.ReservationConflict),
        Answer.InvalidKey => command.Fail(view, Sense.InvalidParameter(8)),
        Answer.InvalidType => command.Fail(view, Sense.InvalidCdbField(2, 3)),
        Answer.InvalidRelease => command.Fail(view, Sense.Illegal(AdditionalSense.InvalidReleaseOfPersistentReservation)),
        Answer.TooMany => command.Fail(view, Sense.Illegal(AdditionalSense.InsufficientRegistrationResources)),
        _ => command.Fail(view, new Sense(SenseKey.HardwareError, AdditionalSense.InternalTargetFailure)),
    };

    private static ReservationOutcome Apply(ReservationChange change, ScsiCommand command, Action action)
    {
        var list = command.DataOut.Span;
        var key = BinaryPrimitives.ReadUInt64BigEndian(list);
        var actionKey = BinaryPrimitives.ReadUInt64BigEndian(list[8..]);
        var isPersistent = (list[FlagsByte] & ActivatePersistence) != 0;
        var type = (ReservationType)(command.Cdb[2] & 0x0F);
        return action switch
        {
            Action.Register => change.Register(key, actionKey, ignoresKey: false, isPersistent),
            Action.RegisterAndIgnore => change.Register(key, actionKey, ignoresKey: true, isPersistent),
            Action.Reserve => change.Reserve(key, type),
            Action.Release => change.Release(key, type),
            Action.Clear => change.Clear(key),
            _ => change.Preempt(key, actionKey, type),
        };
    }

    // The number of the change, 0 when another front-end was faster; always 0 for a front-end that is alone and has read nothing.
    // Null: not known to be stored.
    private static async ValueTask<long?> StoreAsync(
        ScsiDevice device, LogicalUnit unit, SharedReservationRecord? read, ReservationState next)
    {
        if (read is not null)
            return await device.SharedReservations!.CommitAsync(unit.Volume.Id, read, next.ToRecord());
        if (device.Journal is not { } journal || !(next.IsPersistent || unit.Reservations.IsPersistent))
            return 0;
        var record = next.IsPersistent && next.Registrations.Count > 0 ? next.ToRecord() : null;
        return await journal.SaveAsync(unit.Volume.Id, record) ? 0 : null;
    }

    // SPC-5, 5.14.11.5: the tasks of the preempted nexuses end without an answer, and their owners learn it; removal of the
    // medium is no longer prevented by them.
    private static void AbortTasks(ScsiDevice device, ScsiCommand command, LunView view, List<Registration> preempted)
    {
        foreach (var other in view.Unit.Views)
        {
            if (!preempted.Exists(registration => registration.IsOf(other.Nexus)))
                continue;
            other.PreventsRemoval = false;
            var isAborted = device.TaskSets?.AbortTasks(other.Nexus, view.Nexus, command.Lun, command) ?? false;
            if (isAborted && !ReferenceEquals(other.Nexus, view.Nexus))
                other.Pending |= UnitAttentions.CommandsCleared;
        }
    }

    // What preempted nexuses have under way at the volume comes to its end before the answer leaves; what of theirs has not begun is
    // kept out by the reservation. So nothing of it reaches the medium afterwards.
    private static async ValueTask DrainAsync(LunView view, List<Registration> preempted)
    {
        foreach (var other in view.Unit.ActiveViews.ToList())
        {
            if (preempted.Exists(registration => registration.IsOf(other.Nexus)))
                await other.DrainAsync();
        }
    }
}
