using System.Runtime.InteropServices;

namespace Uss.Host.Serve;

/// <summary>Waits for SIGTERM, SIGINT (Ctrl-C) or SIGHUP. A second signal ends the process at once.</summary>
internal sealed class Shutdown : IDisposable
{
    private readonly TaskCompletionSource<string> _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PosixSignalRegistration[] _registrations;

    public Shutdown() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
    ];

    /// <summary>Completes with the signal's name.</summary>
    public Task<string> Asked => _asked.Task;

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_registrations, static registration => registration.Dispose());

    private void OnSignal(PosixSignalContext context)
    {
        // Otherwise the runtime would end the process while the service still closes its disks.
        if (_asked.TrySetResult(context.Signal.ToString()))
            context.Cancel = true;
    }
}
