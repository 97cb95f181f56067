using System.Text.Json.Serialization;

namespace Uss.Coordination.Etcd;

// Messages of etcd's v3 API as its JSON gateway writes them (etcd 3.4, etcdserver/etcdserverpb/rpc.proto): names in
// snake case, 64-bit numbers as strings, bytes in base64, default values left out.
internal sealed record EtcdHeader(long Revision);

internal sealed record EtcdKeyValue(byte[]? Key, byte[]? Value, long ModRevision);

internal sealed record RangeRequest(byte[] Key, byte[]? RangeEnd = null, long Revision = 0, bool KeysOnly = false);

internal sealed record RangeResponse(EtcdHeader? Header, IReadOnlyList<EtcdKeyValue>? Kvs);

internal sealed record TxnRequest(IReadOnlyList<TxnCompare> Compare, IReadOnlyList<TxnOperation> Success);

internal sealed record TxnCompare(byte[] Key, long ModRevision)
{
    public string Target => "MOD";

    public string Result => "EQUAL";
}

internal sealed record TxnOperation(PutRequest? RequestPut, DeleteRequest? RequestDeleteRange);

internal sealed record PutRequest(byte[] Key, byte[] Value, long Lease);

internal sealed record DeleteRequest(byte[] Key);

internal sealed record TxnResponse(EtcdHeader? Header, bool Succeeded);

internal sealed record LeaseRequest([property: JsonPropertyName("ID")] long Id, [property: JsonPropertyName("TTL")] long TtlSeconds = 0);

internal sealed record LeaseResponse([property: JsonPropertyName("ID")] long Id, [property: JsonPropertyName("TTL")] long TtlSeconds);

internal sealed record LeaseKeepResponse(LeaseResponse? Result);

internal sealed record WatchRequest(WatchCreateRequest CreateRequest);

internal sealed record WatchCreateRequest(byte[] Key, byte[]? RangeEnd, long StartRevision)
{
    public bool ProgressNotify => true;
}

internal sealed record WatchMessage(WatchResponse? Result);

internal sealed record WatchResponse(
    EtcdHeader? Header, bool Created, bool Canceled, long CompactRevision, IReadOnlyList<WatchEvent>? Events);

internal sealed record WatchEvent(string? Type, EtcdKeyValue? Kv)
{
    public bool IsDelete => Type == "DELETE";
}

/// <param name="Code">Status code of gRPC.</param>
internal sealed record EtcdError(int Code, string? Message);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RangeRequest))]
[JsonSerializable(typeof(RangeResponse))]
[JsonSerializable(typeof(TxnRequest))]
[JsonSerializable(typeof(TxnResponse))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(LeaseResponse))]
[JsonSerializable(typeof(LeaseKeepResponse))]
[JsonSerializable(typeof(WatchRequest))]
[JsonSerializable(typeof(WatchMessage))]
[JsonSerializable(typeof(EtcdError))]
internal sealed partial class EtcdJson : JsonSerializerContext;
