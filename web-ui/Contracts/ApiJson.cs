using System.Text.Json;
using System.Text.Json.Serialization;

namespace Uss.WebUi.Contracts;

/// <summary>JSON of everything that the API takes and returns.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.Never)]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(VolumeView))]
[JsonSerializable(typeof(ListPage<VolumeView>))]
[JsonSerializable(typeof(CreateVolume))]
[JsonSerializable(typeof(ChangeVolume))]
[JsonSerializable(typeof(LunView))]
[JsonSerializable(typeof(ListPage<LunView>))]
[JsonSerializable(typeof(MapLun))]
[JsonSerializable(typeof(InitiatorView))]
[JsonSerializable(typeof(ListPage<InitiatorView>))]
[JsonSerializable(typeof(CreateInitiator))]
[JsonSerializable(typeof(ChangeInitiator))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(ListPage<SessionView>))]
[JsonSerializable(typeof(DiskView))]
[JsonSerializable(typeof(ListPage<DiskView>))]
[JsonSerializable(typeof(NodeView))]
[JsonSerializable(typeof(CreateJoinToken))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(ListPage<EventView>))]
[JsonSerializable(typeof(JoinTokenView))]
[JsonSerializable(typeof(MembershipView))]
[JsonSerializable(typeof(ListPage<NodeView>))]
[JsonSerializable(typeof(PoolView))]
[JsonSerializable(typeof(ListPage<PoolView>))]
[JsonSerializable(typeof(CreatePool))]
[JsonSerializable(typeof(PlacementDiskView))]
[JsonSerializable(typeof(ListPage<PlacementDiskView>))]
[JsonSerializable(typeof(WhatIfView))]
[JsonSerializable(typeof(ListPage<WhatIfView>))]
[JsonSerializable(typeof(RecoveryView))]
[JsonSerializable(typeof(ListPage<RecoveryView>))]
[JsonSerializable(typeof(RecoverGroup))]
[JsonSerializable(typeof(ScrubView))]
[JsonSerializable(typeof(ListPage<ScrubView>))]
[JsonSerializable(typeof(StartScrub))]
[JsonSerializable(typeof(ScrubStartedView))]
[JsonSerializable(typeof(ProblemView))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(LocalNodeView))]
[JsonSerializable(typeof(SimulationView))]
public sealed partial class ApiJson : JsonSerializerContext;
