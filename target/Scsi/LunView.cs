using Uss.Target.Scsi.Copy;

namespace Uss.Target.Scsi;

/// <summary>One I_T_L nexus: a logical unit as one nexus sees it.</summary>
internal sealed class LunView(DeviceNexus nexus, LogicalUnit unit, int lun)
{
    private Dictionary<byte, CopyResult>? _copies;
    private TaskCompletionSource? _drained;

    /// <summary>The nexus.</summary>
    public DeviceNexus Nexus { get; } = nexus;

    /// <summary>The logical unit.</summary>
    public LogicalUnit Unit { get; } = unit;

    /// <summary>Logical unit number, 0 to 255.</summary>
    public int Lun { get; } = lun;

    /// <summary>Writes through this mapping are refused.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Unit attention conditions not yet reported.</summary>
    public UnitAttentions Pending;

    /// <summary>PREVENT ALLOW MEDIUM REMOVAL was sent with PREVENT set.</summary>
    public bool PreventsRemoval { get; set; }

    /// <summary>Results of EXTENDED COPY by list identifier: at most 256.</summary>
    public Dictionary<byte, CopyResult> Copies => _copies ??= [];

    /// <summary>Nothing stands between a plain command and its execution.</summary>
    public bool IsClear => Pending == UnitAttentions.None && !Unit.IsReserved;

    /// <summary>Sense format that the logical unit is set to.</summary>
    public bool UsesDescriptorSense => Unit.Mode.UsesDescriptorSense;

    /// <summary>Changes of the medium that are under way.</summary>
    public int Changes { get; private set; }

    /// <summary>A change begins to wait for the volume.</summary>
    public void Enter() => Changes++;

    /// <summary>A change has ended.</summary>
    public void Leave()
    {
        if (--Changes > 0 || _drained is not { } drained)
            return;
        _drained = null;
        drained.SetResult();
    }

    /// <summary>Waits for the changes under way. New ones are kept out by other means meanwhile.</summary>
    public ValueTask DrainAsync() => Changes == 0 ? default : new ValueTask((_drained ??= new TaskCompletionSource()).Task);

    /// <summary>Takes the first pending unit attention condition to report it.</summary>
    public Sense TakeUnitAttention()
    {
        var sense = UnitAttentionQueue.Take(ref Pending);

        // LUICLR: one report of a changed LUN map is enough for all of the nexus's logical units.
        if (sense.Code == AdditionalSense.ReportedLunsDataChanged)
            Nexus.Clear(UnitAttentions.ReportedLunsChanged);
        return sense;
    }
}
