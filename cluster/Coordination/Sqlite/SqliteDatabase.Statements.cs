using Microsoft.Data.Sqlite;

namespace Uss.Coordination.Sqlite;

internal sealed partial class SqliteDatabase
{
    /// <summary>One key.</summary>
    public CoordinationRead Get(string key)
    {
        using var reader = Command("SELECT key, value, revision FROM entries WHERE key = $key", ("$key", key)).ExecuteReader();
        return new CoordinationRead(true, Revision, ReadEntries(reader));
    }

    /// <summary>All keys with a prefix.</summary>
    public CoordinationRead List(string prefix)
    {
        using var reader = Command(
            "SELECT key, value, revision FROM entries WHERE key >= $first AND substr(key, 1, $length) = $first ORDER BY key",
            ("$first", prefix),
            ("$length", prefix.Length)).ExecuteReader();
        return new CoordinationRead(true, Revision, ReadEntries(reader));
    }

    /// <summary>Applies the changes in one transaction if all conditions hold.</summary>
    public CoordinationCommit Commit(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            foreach (var condition in conditions)
            {
                var present = (long?)Scalar("SELECT revision FROM entries WHERE key = $key", ("$key", condition.Key)) ?? 0;
                if (present == condition.ModifiedRevision)
                    continue;
                Execute("ROLLBACK");
                return new CoordinationCommit(CommitStatus.Conflict, Revision);
            }

            // A deletion of what is absent changes nothing, and what changes nothing has no revision.
            var isChanged = false;
            for (var i = 0; i < changes.Count; i++)
                isChanged |= Apply(Revision + 1, i, changes[i]);
            Execute("COMMIT");
            if (isChanged)
                Revision++;
            return new CoordinationCommit(CommitStatus.Applied, Revision);
        }
        catch (SqliteException)
        {
            TryRollBack();
            throw;
        }
    }

    /// <summary>Keys under a lease, or under any.</summary>
    public List<string> LeasedKeys(long? lease = null)
    {
        using var reader = Command(
            "SELECT key FROM leased WHERE $lease IS NULL OR lease = $lease ORDER BY key", ("$lease", lease)).ExecuteReader();
        var keys = new List<string>();
        while (reader.Read())
            keys.Add(reader.GetString(0));
        return keys;
    }

    /// <summary>Deletes keys at one revision.</summary>
    public void DeleteAll(IReadOnlyList<string> keys) => Commit([], [.. keys.Select(key => new Change(key, null))]);

    /// <summary>Changes after a revision under a prefix; null when there are none.</summary>
    public WatchBatch? ChangesAfter(long revision, string prefix)
    {
        using var reader = Command(
            """
            SELECT revision, key, value FROM changes
            WHERE revision > $revision AND substr(key, 1, $length) = $prefix ORDER BY revision, sequence
            """,
            ("$revision", revision),
            ("$length", prefix.Length),
            ("$prefix", prefix)).ExecuteReader();
        List<Change>? changes = null;
        while (reader.Read())
        {
            revision = reader.GetInt64(0);
            ReadOnlyMemory<byte>? value = null;
            if (!reader.IsDBNull(2))
                value = reader.GetFieldValue<byte[]>(2);
            (changes ??= []).Add(new Change(reader.GetString(1), value));
        }

        return changes is null ? null : new WatchBatch(revision, changes);
    }

    /// <summary>Drops the history up to a revision.</summary>
    public void Trim(long revision)
    {
        TrimmedRevision = Math.Min(revision, Revision - 1);
        Execute("DELETE FROM changes WHERE revision <= $revision", ("$revision", TrimmedRevision));
    }

    /// <summary>Moves the write-ahead log into the database file.</summary>
    public void Checkpoint() => Execute("PRAGMA wal_checkpoint(TRUNCATE)");

    private static List<Entry> ReadEntries(SqliteDataReader reader)
    {
        var entries = new List<Entry>();
        while (reader.Read())
            entries.Add(new Entry(reader.GetString(0), reader.GetFieldValue<byte[]>(1), reader.GetInt64(2)));
        return entries;
    }

    // True when it changed something.
    private bool Apply(long revision, int sequence, Change change)
    {
        Execute("DELETE FROM leased WHERE key = $key", ("$key", change.Key));
        if (change.Value is { } value)
        {
            Execute(
                "INSERT INTO entries VALUES ($key, $value, $revision) ON CONFLICT (key) DO UPDATE SET value = $value, revision = $revision",
                ("$key", change.Key),
                ("$value", value.ToArray()),
                ("$revision", revision));
            if (change.Lease != 0)
                Execute("INSERT INTO leased VALUES ($key, $lease)", ("$key", change.Key), ("$lease", change.Lease));
        }
        else if (Execute("DELETE FROM entries WHERE key = $key", ("$key", change.Key)) == 0)
        {
            return false;
        }

        Execute(
            "INSERT INTO changes VALUES ($revision, $sequence, $key, $value)",
            ("$revision", revision),
            ("$sequence", sequence),
            ("$key", change.Key),
            ("$value", change.Value?.ToArray()));
        return true;
    }

    // SQLite rolls back by itself after some errors; then there is no transaction left.
    private void TryRollBack()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
            // Nothing was committed either way.
        }
    }
}
