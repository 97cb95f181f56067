namespace Uss.NfsFrontend.Locks;

/// <summary>
/// The locks of one file, by the rules of POSIX (fcntl): an owner never conflicts with itself; what it locks takes the place of what it
/// holds there, whatever the mode; unlocking a part splits; neighbours of one mode become one.
/// </summary>
public sealed class LockTable
{
    private readonly List<FileLock> _locks;

    /// <summary>Creates the table of a file that is locked so.</summary>
    public LockTable(IEnumerable<FileLock>? locks = null) => _locks = [.. locks ?? []];

    /// <summary>All locks, in no order.</summary>
    public IReadOnlyList<FileLock> All => _locks;

    /// <summary>The lock that keeps an owner from locking a range: of several that with the lowest first byte. Null when there is none.</summary>
    public FileLock? FindConflict(LockOwner owner, LockRange range, bool isExclusive)
    {
        FileLock? first = null;
        foreach (var held in _locks)
        {
            if (!held.IsRange || !held.Range.Overlaps(range) || (!isExclusive && held.Mode == LockMode.Shared) || held.Owner == owner)
                continue;
            if (first is null || held.Range.Start < first.Range.Start)
                first = held;
        }

        return first;
    }

    /// <summary>Locks a range; nothing conflicts.</summary>
    public void Lock(LockOwner owner, LockRange range, bool isExclusive, uint state)
    {
        var mode = isExclusive ? LockMode.Exclusive : LockMode.Shared;
        if (_locks.Exists(held => IsSame(held) && held.Range.Contains(range)))
            return;
        var merged = range;
        foreach (var held in _locks.ToArray())
        {
            if (!held.IsRange || held.Owner != owner)
                continue;
            if (IsSame(held) && held.Range.Touches(range))
            {
                merged = merged.Union(held.Range);
                _locks.Remove(held);
            }
            else if (held.Range.Overlaps(range))
            {
                Cut(held, range);
            }
        }

        _locks.Add(new FileLock(owner, mode, merged, state));

        bool IsSame(FileLock held) => held.Mode == mode && held.State == state && held.Owner == owner;
    }

    /// <summary>Unlocks what an owner holds of a range.</summary>
    /// <returns>Whether it held anything of it.</returns>
    public bool Unlock(LockOwner owner, LockRange range)
    {
        var held = OwnedIn(owner, range);
        foreach (var one in held)
            Cut(one, range);
        return held.Count > 0;
    }

    /// <summary>What an owner holds of a range, whole locks.</summary>
    public IReadOnlyList<FileLock> OwnedIn(LockOwner owner, LockRange range) =>
        _locks.FindAll(held => held.IsRange && held.Range.Overlaps(range) && held.Owner == owner);

    /// <summary>Takes a share, in place of the one that the same handle of the host has; false when another one conflicts.</summary>
    public bool Share(LockOwner owner, LockShare share, uint state)
    {
        if (_locks.Exists(held => !held.IsRange && !IsShareOf(held, owner) && LockShare.Of(held.Range).Conflicts(share)))
            return false;
        Unshare(owner);
        _locks.Add(new FileLock(owner, LockMode.Share, share.AsRange(), state));
        return true;
    }

    /// <summary>Gives a share back; false when there is none.</summary>
    public bool Unshare(LockOwner owner) => _locks.RemoveAll(held => IsShareOf(held, owner)) > 0;

    /// <summary>Drops all that a host holds; with a state, what it has held since before that one.</summary>
    public bool Free(uint host, uint? keptState) => _locks.RemoveAll(held => held.Owner.Host == host && held.State != keptState) > 0;

    /// <summary>Drops everything.</summary>
    public void Clear() => _locks.Clear();

    /// <summary>Whether a host holds anything.</summary>
    public bool IsHeldBy(uint host) => _locks.Exists(held => held.Owner.Host == host);

    private static bool IsShareOf(FileLock held, LockOwner owner) =>
        !held.IsRange && held.Owner.Host == owner.Host && held.Owner.Handle.Span.SequenceEqual(owner.Handle.Span);

    private void Cut(FileLock held, LockRange range)
    {
        _locks.Remove(held);
        if (held.Range.Start < range.Start)
            _locks.Add(new FileLock(held.Owner, held.Mode, held.Range with { Last = range.Start - 1 }, held.State));
        if (held.Range.Last > range.Last)
            _locks.Add(new FileLock(held.Owner, held.Mode, held.Range with { Start = range.Last + 1 }, held.State));
    }
}
