namespace Uss.Runtime.Simulated;

/// <summary>Processes that die and disks that lose power.</summary>
public sealed partial class SimulatedWorld
{
    /// <summary>
    /// Kills a process (SIGKILL): its tasks never continue, its disks are unlocked, its connections are closed or reset by
    /// the kernel. Each of its writes in flight reaches the disk whole, in part or not at all; what had reached the disk
    /// stays there, durable or not.
    /// </summary>
    public void Crash(SimulatedReactor reactor)
    {
        if (reactor.IsCrashed)
            return;
        reactor.IsCrashed = true;
        Count(FaultKind.ProcessCrash);
        Trace?.Invoke($"{NowNs} crash {reactor.Name}");
        foreach (var disk in _disks.Values)
            disk.OnCrash(reactor);
        Network.OnCrash(reactor, isSilent: false);
    }

    /// <summary>Stops a process (SIGSTOP): its kernel goes on to take in what others send, it itself does nothing.</summary>
    public void Freeze(SimulatedReactor reactor)
    {
        if (reactor.IsCrashed || reactor.IsFrozen)
            return;
        reactor.IsFrozen = true;
        Count(FaultKind.ProcessFrozen);
        Trace?.Invoke($"{NowNs} freeze {reactor.Name}");
    }

    /// <summary>Lets a stopped process go on (SIGCONT), with everything that has happened to it meanwhile.</summary>
    public void Thaw(SimulatedReactor reactor)
    {
        if (!reactor.IsFrozen)
            return;
        reactor.IsFrozen = false;
        Trace?.Invoke($"{NowNs} thaw {reactor.Name}");
        foreach (var item in reactor.Held)
            _events.Add(NowNs, item);
        reactor.Held.Clear();
    }

    /// <summary>
    /// Takes the power from a disk, and with it from the process that has it open: each unflushed sector is kept, lost or
    /// torn by itself. The next open finds what is left.
    /// </summary>
    public void PowerCut(SimulatedDisk disk)
    {
        if (disk.Owner is { } owner)
            Crash(owner);
        disk.LosePower();
    }

    /// <summary>
    /// Takes the power from a machine: its processes die, the disks that they have open lose power, and its peers hear
    /// nothing more from it until a process is started on it again.
    /// </summary>
    public void PowerCut(SimulatedHost host)
    {
        host.IsPowered = false;
        foreach (var reactor in _reactors)
        {
            if (reactor.Host != host || reactor.IsCrashed)
                continue;
            reactor.IsCrashed = true;
            Count(FaultKind.ProcessCrash);
            Trace?.Invoke($"{NowNs} power cut of {host.Name}: {reactor.Name}");
            foreach (var disk in _disks.Values)
            {
                if (disk.OnCrash(reactor))
                    disk.LosePower();
            }

            Network.OnCrash(reactor, isSilent: true);
        }
    }
}
