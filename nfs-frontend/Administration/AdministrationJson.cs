using System.Text.Json.Serialization;

namespace Uss.NfsFrontend.Administration;

/// <summary>How requests of administrators go between nodes. Members that a node does not know are left aside.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(FileSystemRequest))]
[JsonSerializable(typeof(FileSystemAnswer))]
internal sealed partial class AdministrationJson : JsonSerializerContext;
