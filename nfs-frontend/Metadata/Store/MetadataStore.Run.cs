using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.Metadata;

/// <summary>Operations.</summary>
public sealed partial class MetadataStore
{
    // Room for what one transaction may add to the tree: far more than any does.
    private const long SparePages = 4096;

    // A checkpoint begins when the log is half full. When it is nearly empty, only the lanes can be what there is no room in.
    private const double CheckpointFill = 0.5;
    private const double NearlyEmptyFill = 0.2;

    private enum Attempt
    {
        Ended,
        MissesPages,
        HasNoRoom,
    }

    /// <inheritdoc/>
    public ValueTask<RecordStatus> RunAsync(RecordOperation operation)
    {
        if (_isLost || _isClosing)
            return new ValueTask<RecordStatus>(RecordStatus.Lost);
        var attempt = TryRun(operation, out var end);
        return attempt == Attempt.Ended ? end : RunAgainAsync(operation, attempt);
    }

    // Nobody else runs before this returns: there is one transaction, and what was found in memory must still be there when it is changed.
    private Attempt TryRun(RecordOperation operation, out ValueTask<RecordStatus> end)
    {
        end = default;
        _missing.Clear();
        _transaction.Begin(Log.HasPending);
        operation.Run(_transaction);
        if (_transaction.IsIncomplete)
        {
            _missing.Add(new MissingPage(_tree.Missing, _tree.MissingLevel));
            return Attempt.MissesPages;
        }

        if (_transaction.Count == 0)
        {
            end = EndRead();
            return Attempt.Ended;
        }

        if (!_space.IsHeld)
        {
            end = new ValueTask<RecordStatus>(RecordStatus.Lost);
            return Attempt.Ended;
        }

        if (!HasRoom(_transaction.LogBytes))
        {
            if (!IsStarved)
                return Attempt.HasNoRoom;
            end = new ValueTask<RecordStatus>(RecordStatus.NoSpace);
            return Attempt.Ended;
        }

        FindMissingPaths();
        if (_missing.Count > 0)
            return Attempt.MissesPages;
        end = Apply();
        return Attempt.Ended;
    }

    // Ends at once, unless something that it saw could still be undone by a crash.
    private ValueTask<RecordStatus> EndRead()
    {
        if (Log.HasPending && Log.FindPending(_transaction.Objects, _transaction.HasSeenAll) is { } commit)
            return commit.Waiters.WaitAsync(_space);
        return new ValueTask<RecordStatus>(_space.IsHeld ? RecordStatus.Ok : RecordStatus.Lost);
    }

    private ValueTask<RecordStatus> Apply()
    {
        var commit = Log.Begin(_transaction.LogBytes);
        foreach (ref readonly var change in _transaction.Changes)
        {
            var value = _transaction.ValueOf(change);
            commit.Add(change.Key, value, change.IsDelete);
            Log.Touch(commit, RecordObject.Of(change.Key));
            ApplyToTree(change.Key, value, change.IsDelete);
        }

        foreach (ref readonly var change in _transaction.Changes)
        {
            if (change.IsDelete)
                _tree.Tidy(change.Key);
        }

        ScheduleCheckpoint();
        return commit.Waiters.WaitAsync();
    }

    private void ApplyToTree(RecordKey key, ReadOnlySpan<byte> value, bool isDelete)
    {
        _appliedRecords++;
        if (isDelete)
            _tree.Delete(key);
        else
            _tree.Put(key, value);
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<RecordStatus> RunAgainAsync(RecordOperation operation, Attempt attempt)
    {
        _runningOperations++;
        var pins = RentPins();
        var status = RecordStatus.Ok;
        var end = default(ValueTask<RecordStatus>);
        while (attempt != Attempt.Ended)
        {
            status = attempt == Attempt.MissesPages ? await LoadMissingAsync(pins) : await _room.WaitAsync();
            if (_isLost)
                status = RecordStatus.Lost;
            if (status != RecordStatus.Ok)
                break;
            attempt = TryRun(operation, out end);
        }

        ReturnPins(pins);
        if (attempt == Attempt.Ended)
            status = await end;
        _runningOperations--;
        return status;
    }

    private bool IsStarved => Log.IsStarved || _isCheckpointStarved || IsMapFull || (!_isCheckpointing && !CanCheckpoint);

    private bool IsMapFull => _map.FreePages + MetadataLayout.MaximumPages - _map.NextPage < SparePages;

    private bool HasRoom(int logBytes)
    {
        if (Log.IsStarved || IsMapFull)
            return false;
        if ((_cache.DirtyPages >= _dirtyLimit || Log.Fill >= CheckpointFill) && CanCheckpoint)
            StartCheckpoint();
        if (_cache.DirtyPages >= _dirtyLimit)
            return false;
        if (Log.HasRoom(logBytes))
            return true;
        if (CanCheckpoint && Log.Fill >= NearlyEmptyFill)
            StartCheckpoint();
        return false;
    }
}
