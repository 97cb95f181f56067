using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Uss.Runtime;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>The routes of file systems and NFS exports. The path of an export is one part of an address: its slashes are escaped.</summary>
internal static class FileRoutes
{
    public static void Map(RouteGroupBuilder api)
    {
        MapFileSystems(api);
        MapQuotas(api);
        MapChecks(api);
        MapExports(api);
        MapAddresses(api);
    }

    private static void MapFileSystems(RouteGroupBuilder api)
    {
        api.MapGet("/file-systems", async (FileSystemService fileSystems) => Answer.List(await fileSystems.ListAsync()))
            .Produces<ListPage<FileSystemView>>();
        api.MapGet("/file-systems/{name}", async (string name, FileSystemService fileSystems) => Answer.Ok(await fileSystems.GetAsync(name)))
            .Produces<FileSystemView>();
        api.MapPost(
            "/file-systems",
            async (CreateFileSystem body, FileSystemService fileSystems) => Answer.Created(
                await fileSystems.CreateAsync(body), found => $"{ManagementApi.Prefix}/file-systems/{Uri.EscapeDataString(found.Name)}"))
            .Produces<FileSystemView>(StatusCodes.Status201Created);
        api.MapPatch(
            "/file-systems/{name}",
            async (string name, ChangeFileSystem body, FileSystemService fileSystems) => Answer.Ok(await fileSystems.ChangeAsync(name, body)))
            .Produces<FileSystemView>();
        api.MapDelete(
            "/file-systems/{name}",
            async (string name, string? confirm, FileSystemService fileSystems) => Answer.Ok(await fileSystems.RemoveAsync(name, confirm)))
            .Produces<FileSystemView>();
    }

    private static void MapQuotas(RouteGroupBuilder api)
    {
        api.MapGet(
            "/file-systems/{name}/quotas",
            async (string name, FileSystemService fileSystems) => Answer.List(await fileSystems.ListQuotasAsync(name)))
            .Produces<ListPage<QuotaView>>();
        api.MapPut(
            "/file-systems/{name}/quotas",
            async (string name, SetQuota body, FileSystemService fileSystems) => Answer.List(await fileSystems.SetQuotaAsync(name, body)))
            .Produces<ListPage<QuotaView>>();
        api.MapDelete(
            "/file-systems/{name}/quotas",
            async (string name, string path, FileSystemService fileSystems) => Answer.List(await fileSystems.RemoveQuotaAsync(name, path)))
            .Produces<ListPage<QuotaView>>();
    }

    private static void MapChecks(RouteGroupBuilder api)
    {
        api.MapPost(
            "/file-systems/{name}/check",
            async (string name, FileSystemService fileSystems) => Answer.Ok(await fileSystems.StartCheckAsync(name)))
            .Produces<FileSystemCheckView>();
        api.MapGet(
            "/file-systems/{name}/check",
            async (string name, FileSystemService fileSystems) => Answer.Ok(await fileSystems.ShowCheckAsync(name)))
            .Produces<FileSystemCheckView>();
    }

    private static void MapAddresses(RouteGroupBuilder api)
    {
        api.MapGet("/service-addresses", async (ServiceAddressService addresses) => Answer.List(await addresses.ListAsync()))
            .Produces<ListPage<ServiceAddressView>>();
        api.MapPut(
            "/service-addresses",
            async (SetServiceAddress body, ServiceAddressService addresses) => Answer.Ok(await addresses.SetAsync(body)))
            .Produces<ServiceAddressView>();
        api.MapDelete(
            "/service-addresses/{ip}",
            async (string ip, string? confirm, ServiceAddressService addresses) => Answer.Ok(await addresses.RemoveAsync(ip, confirm)))
            .Produces<ServiceAddressView>();
    }

    private static void MapExports(RouteGroupBuilder api)
    {
        api.MapGet("/exports", async (ExportService exports) => Answer.List(await exports.ListAsync())).Produces<ListPage<ExportView>>();
        api.MapGet(
            "/exports/clients",
            async (ExportService exports) => Answer.List(Result<IReadOnlyList<NfsClientView>>.Ok(await exports.ClientsAsync())))
            .Produces<ListPage<NfsClientView>>();
        api.MapGet(
            "/exports/{path}",
            async (string path, ExportService exports) => Answer.Ok(await exports.GetAsync(Uri.UnescapeDataString(path))))
            .Produces<ExportView>();
        api.MapPost(
            "/exports",
            async (CreateExport body, ExportService exports) => Answer.Created(
                await exports.CreateAsync(body), export => $"{ManagementApi.Prefix}/exports/{Uri.EscapeDataString(export.Path)}"))
            .Produces<ExportView>(StatusCodes.Status201Created);
        api.MapPatch(
            "/exports/{path}",
            async (string path, ChangeExport body, ExportService exports) =>
                Answer.Ok(await exports.ChangeAsync(Uri.UnescapeDataString(path), body)))
            .Produces<ExportView>();
        api.MapDelete(
            "/exports/{path}",
            async (string path, string? confirm, ExportService exports) =>
                Answer.Ok(await exports.RemoveAsync(Uri.UnescapeDataString(path), confirm)))
            .Produces<ExportView>();
    }
}
