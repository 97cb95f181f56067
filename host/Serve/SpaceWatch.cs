using Serilog;
using Uss.Runtime;
using Uss.Target;
using Uss.Target.Scsi;
using Uss.Volumes;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>
/// Looks once a second how full the disks are, tells initiators when they become nearly full (THIN PROVISIONING SOFT
/// THRESHOLD REACHED) and answers how much space a volume has. Reactor thread only.
/// </summary>
internal sealed class SpaceWatch(Reactor reactor, BlockNode block, ILogger log)
{
    private const long PeriodNs = 1_000_000_000;

    // Summing up all volumes walks the object tables; an initiator that asks again and again gets the same answer.
    private const long KeptNs = 5_000_000_000;

    private readonly Dictionary<string, long> _usedBytes = new(StringComparer.Ordinal);
    private ScsiDevice? _device;
    private Func<TargetConfiguration>? _configuration;
    private long _summedUpNs = long.MinValue;
    private bool _isLow;

    /// <summary>Starts to watch.</summary>
    /// <param name="device">Tells initiators.</param>
    /// <param name="configuration">The configuration in force, for the volumes that are mapped.</param>
    public void Start(ScsiDevice device, Func<TargetConfiguration> configuration)
    {
        Invariant.Check(reactor.IsCurrent);
        _device = device;
        _configuration = configuration;
        Look();
    }

    /// <summary>Space of a volume: what it uses in one copy, and what all volumes of as many copies have left together.</summary>
    public ThinUsage? UsageOf(string volumeName)
    {
        if (block.Volumes.Find(volumeName) is not { } volume)
            return null;
        var now = reactor.MonotonicNs;
        if (!_usedBytes.ContainsKey(volumeName) || now - _summedUpNs > KeptNs)
        {
            _usedBytes.Clear();
            foreach (var description in block.Volumes.List())
                _usedBytes[description.Name] = description.UsedBytes;
            _summedUpNs = now;
        }

        var freeBytes = block.Disks.Where(disk => disk.Fault is null).Sum(disk => Math.Max(0, disk.DataBytes - disk.UsedBytes));
        return new ThinUsage(_usedBytes.GetValueOrDefault(volumeName), freeBytes / Math.Max(1, volume.Pool.Record.Copies));
    }

    private void Look()
    {
        var disks = block.Disks.Where(disk => disk is { Fault: null, Statistics: not null, DataBytes: > 0 }).ToList();
        var fullest = disks.MaxBy(Fullness);
        if (fullest is not null && Fullness(fullest) is var fullness && (_isLow ? fullness < SpaceRules.RoomFraction : fullness >= SpaceRules.LowFraction))
        {
            _isLow = !_isLow;
            if (_isLow)
                Warn(fullest);
            else
                log.Information("the disks have room again");
        }

        reactor.Schedule(PeriodNs, static watch => ((SpaceWatch)watch!).Look(), this);
    }

    // Objects of every volume are spread over all disks, so a full disk concerns every volume.
    private void Warn(DiskDescription disk)
    {
        log.Warning(
            "disk {Disk} is {Percent:0} % full: delete data and trim file systems (fstrim), remove volumes or add a disk",
            disk.Name,
            100 * Fullness(disk));
        foreach (var name in _configuration!().Luns.Select(lun => lun.VolumeName).Distinct())
            _device!.NotifyThinThreshold(name);
    }

    private static double Fullness(DiskDescription disk) => (double)disk.UsedBytes / disk.DataBytes;
}
