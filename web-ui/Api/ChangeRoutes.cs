using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>Routes of changes of disks and nodes. Disks are named in the path with <c>%2F</c> for a slash, or by identity.</summary>
internal static class ChangeRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet(
            "/placement/plan",
            async (string[]? drain, string[]? undrain, string[]? add, ChangeService changes) =>
                Answer.List(await changes.PlanAsync(drain ?? [], undrain ?? [], add ?? [])))
            .Produces<ListPage<ChangePlanView>>();
        MapPools(api);
        MapNodes(api);
        MapDisks(api);
    }

    private static void MapPools(RouteGroupBuilder api)
    {
        api.MapGet(
            "/pools/{name}/plan",
            async (string name, int? copies, int? minimumCopies, ChangeService changes) =>
                Answer.List(await changes.PlanPoolAsync(name, copies, minimumCopies)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapPatch(
            "/pools/{name}",
            async (string name, ChangePool body, ChangeService changes) => Answer.List(await changes.SetPoolAsync(name, body)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/pools/{name}",
            async (string name, string? confirm, ChangeService changes) => Answer.Ok(await changes.RemovePoolAsync(name, confirm)))
            .Produces<PoolView>();
    }

    private static void MapNodes(RouteGroupBuilder api)
    {
        api.MapPut(
            "/nodes/{name}/drain", async (string name, ChangeService changes) => Answer.List(await changes.DrainNodeAsync(name, true)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/nodes/{name}/drain", async (string name, ChangeService changes) => Answer.List(await changes.DrainNodeAsync(name, false)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapGet(
            "/nodes/{name}/maintenance",
            async (string name, ChangeService changes) => Answer.List(await changes.PlanMaintenanceAsync(name)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapPut(
            "/nodes/{name}/maintenance",
            async (string name, string? confirm, ChangeService changes) =>
                Answer.List(await changes.SetMaintenanceAsync(name, true, confirm)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/nodes/{name}/maintenance",
            async (string name, ChangeService changes) => Answer.List(await changes.SetMaintenanceAsync(name, false, null)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapGet(
            "/nodes/{name}/plan",
            async (string name, string? rack, string? site, ChangeService changes) =>
                Answer.List(await changes.PlanPlaceAsync(name, rack, site)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapPatch(
            "/nodes/{name}",
            async (string name, ChangeNode body, ChangeService changes) => Answer.List(await changes.SetPlaceAsync(name, body)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/nodes/{name}",
            async (string name, string? confirm, ChangeService changes) => Answer.Ok(await changes.RemoveNodeAsync(name, confirm)))
            .Produces<NodeView>();
    }

    private static void MapDisks(RouteGroupBuilder api)
    {
        api.MapPost(
            "/disks",
            async (AddDisk body, ChangeService changes) => Answer.Created(
                await changes.AddDiskAsync(body), disk => $"{ManagementApi.Prefix}/disks/{Uri.EscapeDataString(disk.FullName)}"))
            .Produces<DiskView>(StatusCodes.Status201Created);
        api.MapPut(
            "/disks/{name}/drain",
            async (string name, ChangeService changes) => Answer.List(await changes.DrainDiskAsync(Uri.UnescapeDataString(name), true)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/disks/{name}/drain",
            async (string name, ChangeService changes) => Answer.List(await changes.DrainDiskAsync(Uri.UnescapeDataString(name), false)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapGet(
            "/disks/{name}/safe-to-pull",
            async (string name, ChangeService changes) => Answer.Ok(await changes.SafeToPullAsync(Uri.UnescapeDataString(name))))
            .Produces<PullView>();
        api.MapGet(
            "/disks/{name}/plan",
            async (string name, string @class, ChangeService changes) =>
                Answer.List(await changes.PlanClassAsync(Uri.UnescapeDataString(name), @class)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapPatch(
            "/disks/{name}",
            async (string name, ChangeDisk body, ChangeService changes) =>
                Answer.List(await changes.SetClassAsync(Uri.UnescapeDataString(name), body)))
            .Produces<ListPage<ChangePlanView>>();
        api.MapDelete(
            "/disks/{name}",
            async (string name, string? confirm, ChangeService changes) =>
                Answer.Ok(await changes.RemoveDiskAsync(Uri.UnescapeDataString(name), confirm)))
            .Produces<DiskView>();
    }
}
