using Microsoft.Data.Sqlite;
using Uss.Runtime;

namespace Uss.Coordination.Sqlite;

/// <summary>The database file and its statements. Used by one thread.</summary>
/// <remarks>
/// <code>
/// entries (key, value, revision)            what is; revision of its last change
/// changes (revision, sequence, key, value)  what changed, the newest revisions of it; null: deleted
/// leased  (key, lease)                      keys that vanish when their lease ends, or this process
/// </code>
/// The revision of the whole store is that of its newest change; the last change is never dropped.
/// </remarks>
internal sealed partial class SqliteDatabase : IDisposable
{
    private const int ApplicationId = 0x55535343;
    private const int FormatVersion = 2;

    // Without leases.
    private const int FirstFormatVersion = 1;

    private const string CreateLeased = "CREATE TABLE leased (key TEXT NOT NULL PRIMARY KEY, lease INTEGER NOT NULL) WITHOUT ROWID";

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = [];

    private SqliteDatabase(SqliteConnection connection) => _connection = connection;

    /// <summary>Revision of the newest commit.</summary>
    public long Revision { get; private set; }

    /// <summary>Newest revision whose changes are no longer kept.</summary>
    public long TrimmedRevision { get; private set; }

    /// <summary>Opens or creates a database; locks it against other processes.</summary>
    public static Result<SqliteDatabase> Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
        var database = new SqliteDatabase(connection);
        try
        {
            connection.Open();
            var fault = database.Prepare(path);
            if (fault is null)
                return database;
            database.Dispose();
            return fault;
        }
        catch (SqliteException exception)
        {
            database.Dispose();
            return FaultOf(path, exception);
        }
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
            command.Dispose();
        _commands.Clear();
        _connection.Dispose();
    }

    private static Fault FaultOf(string path, SqliteException exception) => exception.SqliteErrorCode switch
    {
        5 or 6 => new Fault(
            "coordination-locked", $"'{path}' is in use by another process.", "Stop the other process, or give another data folder."),
        11 or 26 => new Fault(
            "coordination-damaged", $"'{path}' is no sound database: {exception.Message}", "Restore it from a backup."),
        13 => new Fault("coordination-full", $"There is no space left for '{path}'.", "Free space on its file system."),
        _ => new Fault("coordination-open", $"'{path}' cannot be opened: {exception.Message}", "Check the path and its permissions."),
    };

    private Fault? Prepare(string path)
    {
        // Exclusive before WAL: then there is no shared-memory file, and a second process is refused.
        Execute("PRAGMA locking_mode=EXCLUSIVE");
        var application = (long)Scalar("PRAGMA application_id")!;
        var isNew = application == 0 && (long)Scalar("SELECT count(*) FROM sqlite_master")! == 0;
        if (!isNew && application != ApplicationId)
            return new Fault("coordination-foreign", $"'{path}' is another program's database.", "Give another path.");
        var version = (long)Scalar("PRAGMA user_version")!;
        if (!isNew && version is not (FirstFormatVersion or FormatVersion))
        {
            return new Fault(
                "coordination-format",
                $"'{path}' has format {version}; this program reads format {FormatVersion}.",
                "Use the version of the program that wrote it.");
        }

        Execute("PRAGMA journal_mode=WAL");
        Execute("PRAGMA synchronous=FULL");
        if (isNew)
        {
            Execute("BEGIN IMMEDIATE");
            Execute("CREATE TABLE entries (key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL) WITHOUT ROWID");
            Execute("""
                CREATE TABLE changes (revision INTEGER NOT NULL, sequence INTEGER NOT NULL, key TEXT NOT NULL, value BLOB,
                PRIMARY KEY (revision, sequence)) WITHOUT ROWID
                """);
            Execute(CreateLeased);
            Execute($"PRAGMA application_id={ApplicationId}");
            Execute($"PRAGMA user_version={FormatVersion}");
            Execute("COMMIT");
        }
        else
        {
            // A write takes the lock that reading alone would not.
            Execute("BEGIN IMMEDIATE");
            if (version == FirstFormatVersion)
            {
                Execute(CreateLeased);
                Execute($"PRAGMA user_version={FormatVersion}");
            }

            Execute("COMMIT");
        }

        Revision = (long)Scalar("SELECT coalesce(max(revision), 0) FROM changes")!;
        TrimmedRevision = (long)Scalar("SELECT coalesce(min(revision) - 1, 0) FROM changes")!;

        // Leases end with the process that they were granted to.
        if (LeasedKeys() is { Count: > 0 } left)
            DeleteAll(left);
        return null;
    }

    private SqliteCommand Command(string text)
    {
        if (!_commands.TryGetValue(text, out var command))
        {
            command = _connection.CreateCommand();
#pragma warning disable CA2100 // All statements are constants of this class.
            command.CommandText = text;
#pragma warning restore CA2100
            _commands.Add(text, command);
        }

        command.Parameters.Clear();
        return command;
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = Command(text);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    private int Execute(string text, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Command(text, parameters).ExecuteNonQuery();

    private object? Scalar(string text, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Command(text, parameters).ExecuteScalar();
}
