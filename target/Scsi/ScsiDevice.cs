using System.Runtime.CompilerServices;
using Uss.Runtime;
using Uss.Target.Scsi.Reservations;

namespace Uss.Target.Scsi;

/// <summary>
/// The SCSI target device of one reactor: volumes as logical units, each under the LUN that the initiator's map gives
/// it (SPC-4, SPC-5, SBC-3, SBC-4, SAM-5). Reactor thread only.
/// </summary>
/// <remarks>
/// One table (<see cref="CommandTable"/>) dispatches, validates and reports all commands. READ and WRITE (10) and (16)
/// are recognised before it is searched; they allocate nothing.
/// </remarks>
/// <param name="buffers">The reactor's buffers, for data-in.</param>
public sealed partial class ScsiDevice(BufferPool buffers) : IScsiDevice
{
    private readonly List<DeviceNexus> _nexuses = [];
    private readonly Dictionary<string, LogicalUnit> _units = new(StringComparer.Ordinal);
    private TargetConfiguration _configuration = new() { Iqn = string.Empty };

    /// <summary>Keeps reservations that survive a loss of power; null: there are none such (PTPL_C 0).</summary>
    public IReservationJournal? Journal { get; init; }

    /// <summary>Where reservations are that other front-ends share; null: there are none. Goes before <see cref="Journal"/>.</summary>
    public ISharedReservations? SharedReservations { get; init; }

    /// <summary>Finds how much space a volume uses and has left; null: not reported.</summary>
    public ThinUsageLookup? ThinUsage { get; init; }

    /// <summary>True when reservations can survive a loss of power.</summary>
    internal bool KeepsReservations => Journal is not null || SharedReservations is not null;

    /// <inheritdoc/>
    public ITaskSets? TaskSets { get; set; }

    /// <summary>Buffers for data-in.</summary>
    internal BufferPool Buffers { get; } = buffers;

    /// <summary>The target's iSCSI name.</summary>
    internal string TargetIqn => _configuration.Iqn;

    /// <inheritdoc/>
    public ValueTask ExecuteAsync(ScsiCommand command)
    {
        var view = ((DeviceNexus)command.Nexus).Find(command.Lun);
        if (view is null || !view.IsClear)
            return ExecuteUnusual(command, view);

        var definition = command.Cdb[0] switch
        {
            OperationCode.Read10 => CommandTable.Read10,
            OperationCode.Write10 => CommandTable.Write10,
            OperationCode.Read16 => CommandTable.Read16,
            OperationCode.Write16 => CommandTable.Write16,
            _ => CommandTable.Find(command.Cdb),
        };
        return definition is null ? FailUnknown(command, view) : Execute(command, view, definition);
    }

    /// <inheritdoc/>
    public long DataOutLength(ScsiCommand command)
    {
        if (command.Nexus is not DeviceNexus nexus || nexus.Find(command.Lun) is not { } view)
            return 0;
        return CommandTable.Find(command.Cdb) is { } definition ? DataOut.LengthOf(definition.DataOut, command.Cdb, view.Unit) : 0;
    }

    /// <summary>A buffer for parameter data with one reference; its first <paramref name="length"/> bytes are zero.</summary>
    internal Span<byte> RentCleared(int length, out PageBuffer buffer)
    {
        buffer = Buffers.Rent(length);
        var span = buffer.Slice(0, length).Span;
        span.Clear();
        return span;
    }

    private ValueTask Execute(ScsiCommand command, LunView view, CommandDefinition definition)
    {
        if (!definition.Accepts(command.Cdb))
            return command.Fail(view, definition.FirstRefused(command.Cdb));
        if ((definition.Traits & CommandTraits.Writes) != 0 && (view.IsReadOnly || view.Unit.Mode.IsWriteProtected))
            return FailWriteProtected(command, view);
        var task = definition.Handler(this, command, view);
        return (definition.Traits & CommandTraits.Tracked) == 0 || task.IsCompletedSuccessfully ? task : Track(view, task);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Track(LunView view, ValueTask task)
    {
        view.Enter();
        await task;
        view.Leave();
    }

    private static ValueTask FailWriteProtected(ScsiCommand command, LunView view) =>
        command.Fail(
            view,
            new Sense(
                SenseKey.DataProtect,
                view.IsReadOnly ? AdditionalSense.WriteProtected : AdditionalSense.LogicalUnitSoftwareWriteProtected));

    private static ValueTask FailUnknown(ScsiCommand command, LunView? view) =>
        CommandTable.IsSupported(command.Cdb[0])
            ? command.Fail(view, Sense.InvalidCdbField(1, 4))
            : command.Fail(view, Sense.Illegal(AdditionalSense.InvalidCommandOperationCode));

    // A logical unit that does not exist, a well known one, or one that has something to report first.
    private ValueTask ExecuteUnusual(ScsiCommand command, LunView? view)
    {
        var definition = CommandTable.Find(command.Cdb);
        if (view is null)
            return ExecuteWithoutUnit(command, definition);

        // RESERVATION CONFLICT goes before any other status (SAM-5, 5.3.3).
        if (ReservationRules.IsConflict(command, view, definition))
            return command.End(ScsiStatus.ReservationConflict);
        if (view.Pending != UnitAttentions.None && (definition is null || (definition.Traits & CommandTraits.IgnoresUnitAttention) == 0))
            return command.Fail(view, view.TakeUnitAttention());
        return definition is null ? FailUnknown(command, view) : Execute(command, view, definition);
    }

    // SPC-5, 6.6.1 and SAM-5, 5.12: INQUIRY and REQUEST SENSE are answered for any LUN, REPORT LUNS at least for LUN 0
    // and its own well known logical unit.
    private ValueTask ExecuteWithoutUnit(ScsiCommand command, CommandDefinition? definition)
    {
        if (command.Lun == LunAddress.ReportLunsWellKnown)
            return ExecuteWellKnown(command, definition);
        var isAnswered = command.Cdb[0] is OperationCode.Inquiry or OperationCode.ReportLuns or OperationCode.RequestSense;
        if (!isAnswered || definition is null)
            return command.Fail(null, Sense.Illegal(AdditionalSense.LogicalUnitNotSupported));
        if (!definition.Accepts(command.Cdb))
            return command.Fail(null, definition.FirstRefused(command.Cdb));
        return command.Cdb[0] switch
        {
            OperationCode.Inquiry => Inquiry.ExecuteWithoutUnit(this, command),
            OperationCode.ReportLuns => ReportLuns.ExecuteWithoutUnit(this, command),
            _ => RequestSense.ExecuteWithoutUnit(this, command, Sense.Illegal(AdditionalSense.LogicalUnitNotSupported)),
        };
    }

    private ValueTask ExecuteWellKnown(ScsiCommand command, CommandDefinition? definition)
    {
        if (definition is null || (definition.Traits & CommandTraits.WellKnown) == 0)
            return command.Fail(null, Sense.Illegal(AdditionalSense.InvalidCommandOperationCode));
        if (!definition.Accepts(command.Cdb))
            return command.Fail(null, definition.FirstRefused(command.Cdb));
        return command.Cdb[0] switch
        {
            OperationCode.Inquiry => Inquiry.ExecuteWellKnown(this, command),
            OperationCode.ReportLuns => ReportLuns.ExecuteWithoutUnit(this, command),
            OperationCode.RequestSense => RequestSense.ExecuteWithoutUnit(this, command, default),
            _ => command.Good(),
        };
    }
}
