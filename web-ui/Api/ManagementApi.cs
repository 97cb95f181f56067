using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Uss.Runtime;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>The routes of the REST API. Every handler is one call of a service; decisions live there.</summary>
public static class ManagementApi
{
    /// <summary>Prefix of all routes.</summary>
    public const string Prefix = "/api/v1";

    /// <summary>Adds all routes.</summary>
    public static void Map(IEndpointRouteBuilder application)
    {
        var api = application.MapGroup(Prefix);
        api.MapGet("/status", async (NodeService node) => Answer.Ok(await node.StatusAsync())).Produces<StatusView>();
        api.MapGet(
            "/sessions",
            async (NodeService node) => Answer.List(Result<IReadOnlyList<SessionView>>.Ok(await node.SessionsAsync())))
            .Produces<ListPage<SessionView>>();
        api.MapGet(
            "/nodes",
            async (NodeService node) => Answer.List(Result<IReadOnlyList<NodeView>>.Ok(await node.NodesAsync())))
            .Produces<ListPage<NodeView>>();
        api.MapGet(
            "/disks",
            async (NodeService node) => Answer.List(Result<IReadOnlyList<DiskView>>.Ok(await node.DisksAsync())))
            .Produces<ListPage<DiskView>>();
        api.MapGet("/disks/{name}", async (string name, NodeService node) => Answer.Ok(await node.DiskAsync(name))).Produces<DiskView>();
        ChangeRoutes.Map(api);
        MapPools(api);
        MapScrubs(api);
        MapVolumes(api);
        MapLuns(api);
        MapInitiators(api);
        FileRoutes.Map(api);
        ClusterApi.Map(api);
        WatchApi.Map(api);
    }

    private static void MapPools(RouteGroupBuilder api)
    {
        api.MapGet("/pools", async (PoolService pools) => Answer.List(Result<IReadOnlyList<PoolView>>.Ok(await pools.ListAsync())))
            .Produces<ListPage<PoolView>>();
        api.MapPost(
            "/pools",
            async (CreatePool body, PoolService pools) =>
                Answer.Created(await pools.CreateAsync(body), pool => $"{Prefix}/pools/{Uri.EscapeDataString(pool.Name)}"))
            .Produces<PoolView>(StatusCodes.Status201Created);
        api.MapGet("/pools/{name}", async (string name, PoolService pools) => Answer.Ok(await pools.GetAsync(name))).Produces<PoolView>();
        api.MapGet("/placement", async (string? pool, PoolService pools) => Answer.List(await pools.PlacementAsync(pool)))
            .Produces<ListPage<PlacementDiskView>>();
        api.MapGet(
            "/placement/what-if",
            async (string fail, string? pool, PoolService pools) => Answer.List(await pools.WhatIfAsync(fail, pool)))
            .Produces<ListPage<WhatIfView>>();
    }

    private static void MapScrubs(RouteGroupBuilder api)
    {
        api.MapGet("/scrubs", async (string? pool, ScrubService scrubs) => Answer.List(await scrubs.ListAsync(pool)))
            .Produces<ListPage<ScrubView>>();
        api.MapPost("/scrubs", async (StartScrub body, ScrubService scrubs) => Answer.Ok(await scrubs.StartAsync(body)))
            .Produces<ScrubStartedView>();
        api.MapGet(
            "/placement/recovery",
            async (string pool, int? group, string from, RecoveryService recovery) =>
                Answer.List(await recovery.PlanAsync(pool, group, from)))
            .Produces<ListPage<RecoveryView>>();
        api.MapPost(
            "/placement/recovery",
            async (RecoverGroup body, RecoveryService recovery) => Answer.Ok(await recovery.RecoverAsync(body)))
            .Produces<RecoveryView>();
    }

    private static void MapVolumes(RouteGroupBuilder api)
    {
        api.MapGet("/volumes", async (VolumeService volumes) => Answer.List(await volumes.ListAsync())).Produces<ListPage<VolumeView>>();
        api.MapGet("/volumes/{name}", async (string name, VolumeService volumes) => Answer.Ok(await volumes.GetAsync(name)))
            .Produces<VolumeView>();
        api.MapPost(
            "/volumes",
            async (CreateVolume body, VolumeService volumes) =>
                Answer.Created(await volumes.CreateAsync(body), volume => $"{Prefix}/volumes/{Uri.EscapeDataString(volume.Name)}"))
            .Produces<VolumeView>(StatusCodes.Status201Created);
        api.MapPatch(
            "/volumes/{name}",
            async (string name, ChangeVolume body, VolumeService volumes) => Answer.Ok(await volumes.ResizeAsync(name, body)))
            .Produces<VolumeView>();
        api.MapDelete(
            "/volumes/{name}",
            async (string name, string? confirm, VolumeService volumes) => Answer.Ok(await volumes.RemoveAsync(name, confirm)))
            .Produces<VolumeView>();
    }

    private static void MapLuns(RouteGroupBuilder api)
    {
        api.MapGet("/luns", async (LunService luns) => Answer.List(await luns.ListAsync())).Produces<ListPage<LunView>>();
        api.MapPost(
            "/luns",
            async (MapLun body, LunService luns) => Answer.Created(await luns.MapAsync(body), lun => $"{Prefix}/luns/{lun.Lun}"))
            .Produces<LunView>(StatusCodes.Status201Created);
        api.MapDelete(
            "/luns/{lun:int}",
            async (int lun, string? initiator, LunService luns) => Answer.Ok(await luns.UnmapAsync(lun, initiator)))
            .Produces<LunView>();
    }

    private static void MapInitiators(RouteGroupBuilder api)
    {
        api.MapGet("/initiators", async (InitiatorService initiators) => Answer.List(await initiators.ListAsync()))
            .Produces<ListPage<InitiatorView>>();
        api.MapPost(
            "/initiators",
            async (CreateInitiator body, InitiatorService initiators) => Answer.Created(
                await initiators.CreateAsync(body), rule => $"{Prefix}/initiators/{Uri.EscapeDataString(rule.Iqn)}"))
            .Produces<InitiatorView>(StatusCodes.Status201Created);
        api.MapPatch(
            "/initiators/{iqn}",
            async (string iqn, ChangeInitiator body, InitiatorService initiators) => Answer.Ok(await initiators.ChangeAsync(iqn, body)))
            .Produces<InitiatorView>();
        api.MapDelete(
            "/initiators/{iqn}",
            async (string iqn, string? confirm, InitiatorService initiators) => Answer.Ok(await initiators.RemoveAsync(iqn, confirm)))
            .Produces<InitiatorView>();
    }
}
