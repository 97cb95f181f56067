using Uss.Runtime;
using Uss.Target.Scsi;
using Uss.Target.Scsi.Reservations;

namespace Uss.Target.Tests.Scsi;

/// <summary>A device with volumes in memory, driven command by command as a transport would.</summary>
internal sealed class ScsiRig : IDisposable
{
    public const string Initiator = "iqn.2026-11.test:host";
    public const string OtherInitiator = "iqn.2026-11.test:other";

    public ScsiRig(params MemoryVolume[] volumes)
        : this(null, null, volumes)
    {
    }

    public ScsiRig(IReservationJournal? journal, ThinUsageLookup? usage, params MemoryVolume[] volumes)
        : this(journal, usage, null, volumes)
    {
    }

    public ScsiRig(IReservationJournal? journal, ThinUsageLookup? usage, ISharedReservations? shared, params MemoryVolume[] volumes)
    {
        Volumes = volumes.Length > 0 ? volumes.ToDictionary(volume => volume.Name) : new() { ["v0"] = new MemoryVolume("v0", 1 << 20) };
        Device = new ScsiDevice(Pool) { Journal = journal, SharedReservations = shared, ThinUsage = usage };
        Configuration = new TargetConfiguration
        {
            Iqn = "iqn.2026-11.local.uss:default",
            Luns = [.. Volumes.Keys.Select((name, lun) => new LunMapping(lun, name))],
        };
        Apply();
        Nexus = Attach();
        ClearUnitAttentions(Nexus);
    }

    public BufferPool Pool { get; } = new();

    public ScsiDevice Device { get; }

    public Dictionary<string, MemoryVolume> Volumes { get; }

    public MemoryVolume Volume => Volumes["v0"];

    public TargetConfiguration Configuration { get; set; }

    public ScsiNexus Nexus { get; }

    public void Apply() => Device.ApplyConfiguration(Configuration, name => Volumes.GetValueOrDefault(name));

    public ScsiNexus Attach(string initiator = Initiator, int port = 1) =>
        Device.AttachNexus(initiator + ",i,0x00023d000001", initiator, Configuration.Iqn + ",t,0x0001", port);

    /// <summary>An attached nexus of another host with nothing pending.</summary>
    public ScsiNexus AttachOther()
    {
        var nexus = Attach(OtherInitiator);
        ClearUnitAttentions(nexus);
        return nexus;
    }

    public void ClearUnitAttentions(ScsiNexus nexus)
    {
        for (var lun = 0; lun < 256; lun++)
        {
            if (!Device.HasLogicalUnit(nexus, (ulong)lun << 48))
                continue;
            while (Run("00 00 00 00 00 00", nexus: nexus, lun: (ulong)lun << 48).Status == ScsiStatus.CheckCondition)
            {
            }
        }
    }

    public ScsiAnswer Run(string cdb, byte[]? dataOut = null, int limit = 1 << 24, ScsiNexus? nexus = null, ulong lun = 0) =>
        Run(Convert.FromHexString(cdb.Replace(" ", string.Empty, StringComparison.Ordinal)), dataOut, limit, nexus, lun);

    public ScsiAnswer Run(byte[] cdb, byte[]? dataOut = null, int limit = 1 << 24, ScsiNexus? nexus = null, ulong lun = 0)
    {
        var command = Prepare(cdb, dataOut, limit, nexus, lun);
        var task = Device.ExecuteAsync(command);
        Assert.That(task.IsCompleted, "the volume completes at once, so the command must");
        task.GetAwaiter().GetResult();
        return Finish(command);
    }

    /// <summary>A command with as much of the data-out as the device asks for.</summary>
    public ScsiCommand Prepare(byte[] cdb, byte[]? dataOut = null, int limit = 1 << 24, ScsiNexus? nexus = null, ulong lun = 0)
    {
        var command = new ScsiCommand { Nexus = nexus ?? Nexus, Lun = lun, DataInLimit = limit, DataOutOffered = dataOut?.Length ?? 0 };
        cdb.CopyTo(command.Cdb);
        var length = (int)Math.Min(Device.DataOutLength(command), dataOut?.Length ?? 0);
        if (length > 0)
        {
            var buffer = Pool.Rent(length);
            dataOut.AsSpan(0, length).CopyTo(buffer.Slice(0, length).Span);
            command.DataOut = buffer.Slice(0, length);
        }

        return command;
    }

    public static ScsiAnswer Finish(ScsiCommand command)
    {
        var answer = new ScsiAnswer(
            command.Status, command.DataIn.Span.ToArray(), command.Sense[..command.SenseLength].ToArray(), command.TransferLength);
        Assert.That(command.DataIn.Length, Is.LessThanOrEqualTo(command.DataInLimit));
        command.DataIn.Buffer?.Release();
        command.DataOut.Buffer?.Release();
        return answer;
    }

    public void Dispose()
    {
        Assert.That(Pool.RentedBuffers, Is.Zero);
        Pool.Dispose();
    }
}

/// <summary>What a command came to.</summary>
internal sealed record ScsiAnswer(ScsiStatus Status, byte[] Data, byte[] Sense, long TransferLength)
{
    public int Key => Sense[2] & 0x0F;

    public int Code => Sense[12] << 8 | Sense[13];

    public uint Information => (uint)(Sense[3] << 24 | Sense[4] << 16 | Sense[5] << 8 | Sense[6]);

    public bool HasInformation => (Sense[0] & 0x80) != 0;

    /// <summary>Sense-key specific bytes, in hex.</summary>
    public string Specific => Convert.ToHexString(Sense, 15, 3);

    public void MustBeGood() => Assert.That(Status, Is.EqualTo(ScsiStatus.Good), () => ToString());

    public void MustConflict() => Assert.That(Status, Is.EqualTo(ScsiStatus.ReservationConflict), () => ToString());

    public void MustFail(int key, int code, string why = "")
    {
        Assert.That(Status, Is.EqualTo(ScsiStatus.CheckCondition), why);
        Assert.That($"{Key:X}/{Code:X4}", Is.EqualTo($"{key:X}/{code:X4}"), why);
        Assert.That(Data, Is.Empty);
    }

    public override string ToString() => $"{Status} sense {Convert.ToHexString(Sense)}";
}
