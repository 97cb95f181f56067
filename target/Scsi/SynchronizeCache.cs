using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Scsi;

/// <summary>SYNCHRONIZE CACHE (10) and (16) (SBC-4, 5.33 and 5.34) and PRE-FETCH (10) and (16) (SBC-4, 5.12 and 5.13).</summary>
internal static class SynchronizeCache
{
    private const int Immediate = 0x02;

    /// <summary>All completed writes are durable already; the volume's barrier confirms it.</summary>
    public static ValueTask Execute(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read(command.Cdb);
        if (!view.Unit.Contains(extent.Lba, extent.Count))
            return command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
        return (command.Cdb[1] & Immediate) != 0 ? command.Good() : Run(command, view);
    }

    /// <summary>There is no cache to fetch into, which GOOD (and not CONDITION MET) says.</summary>
    public static ValueTask PreFetch(ScsiDevice device, ScsiCommand command, LunView view)
    {
        var extent = BlockCdb.Read(command.Cdb);
        return view.Unit.Contains(extent.Lba, extent.Count)
            ? command.Good()
            : command.Fail(view, Sense.Illegal(AdditionalSense.LogicalBlockAddressOutOfRange));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask Run(ScsiCommand command, LunView view) =>
        ReadWrite.EndChange(command, view, await view.Unit.Volume.FlushAsync());
}
