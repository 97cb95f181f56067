using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Uss.Runtime;

namespace Uss.Coordination;

/// <summary>A record that can be well-formed JSON and nonsense all the same.</summary>
public interface ICheckedRecord
{
    /// <summary>What makes the record unusable; null when it is sound.</summary>
    string? FindFlaw();
}

/// <summary>Records of the coordination store as JSON documents.</summary>
public static class CoordinationJson
{
    /// <summary>The document of a record.</summary>
    public static ReadOnlyMemory<byte> Write<T>(T record, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(record, type);

    /// <summary>Reads a record.</summary>
    /// <returns>The record, or the fault <c>bad-record</c> that names the key.</returns>
    public static Result<T> Read<T>(string key, ReadOnlyMemory<byte> document, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (JsonSerializer.Deserialize(document.Span, type) is not { } record)
                return Bad(key, "it is null");
            return record is ICheckedRecord found && found.FindFlaw() is { } flaw ? Bad(key, flaw) : record;
        }
        catch (JsonException exception)
        {
            return Bad(key, exception.Message);
        }
    }

    /// <summary>Reads the records that a list returned, by what their keys have behind the prefix.</summary>
    /// <returns>The records, or the fault of the first that cannot be read.</returns>
    public static Result<Dictionary<string, T>> ReadAll<T>(CoordinationRead read, string prefix, JsonTypeInfo<T> type)
        where T : class
    {
        var records = new Dictionary<string, T>(read.Entries.Count, StringComparer.Ordinal);
        foreach (var entry in read.Entries)
        {
            var record = Read(entry.Key, entry.Value, type);
            if (!record.IsOk)
                return record.Fault;
            records[entry.Key[prefix.Length..]] = record.Value;
        }

        return records;
    }

    private static Fault Bad(string key, string why) => new(
        "bad-record",
        $"The record '{key}' of the coordination store cannot be read: {why}",
        "Restore the coordination store from a backup.");
}
