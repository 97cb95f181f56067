namespace Uss.Target.Iscsi;

// Stopping within a bound: initiators are asked to log out, then told that their sessions end, then cut.
public sealed partial class IscsiTarget
{
    private const int GraceMs = 500;
    private const int TaskEndMs = 1_000;

    private TaskCompletionSource? _end;
    private bool _isStopping;
    private bool _isStopped;

    /// <summary>
    /// Stops: no new connections, initiators are asked to log out and given <see cref="IscsiTargetOptions.DrainTimeoutMs"/>,
    /// then all connections are closed. Takes at most 1.5 s longer than that.
    /// </summary>
    /// <returns>True when every command has ended; false when some are still with the device.</returns>
    public async ValueTask<bool> StopAsync()
    {
        if (!_isStopping)
        {
            _isStopping = true;
            foreach (var listener in _listeners)
                await listener.CloseAsync();
            foreach (var connection in _pending.ToArray())
                connection.Drop("the target stops");
            foreach (var session in _sessions.ToArray())
                session.RequestLogout(Math.Max(1, Options.DrainTimeoutMs / 1000));
            await WaitForEndAsync(Options.DrainTimeoutMs, needsSessions: false);
            foreach (var session in _sessions.ToArray())
                session.AnnounceEnd("the target stopped");
            await WaitForEndAsync(GraceMs, needsSessions: false);
            foreach (var connection in _connections.ToArray())
                connection.Drop("the target stopped");
            await WaitForEndAsync(TaskEndMs, needsSessions: true);
            _isStopped = true;
            _timer?.Cancel();
            _timer = null;
        }

        return _sessions.Count == 0 && _connections.Count == 0;
    }

    private async ValueTask WaitForEndAsync(int timeoutMs, bool needsSessions)
    {
        var isOver = false;
        var timer = _reactor.Schedule(
            IscsiConnection.Milliseconds(timeoutMs),
            _ =>
            {
                isOver = true;
                _end?.TrySetResult();
            },
            null);
        while (!isOver && (_connections.Count > 0 || (needsSessions && _sessions.Count > 0)))
        {
            _end = new TaskCompletionSource();
            await _end.Task;
        }

        timer.Cancel();
    }

    private void SignalEnd() => _end?.TrySetResult();
}
