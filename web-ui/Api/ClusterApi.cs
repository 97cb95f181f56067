using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>Routes about the cluster as such.</summary>
internal static class ClusterApi
{
    private const long DefaultTokenSeconds = 3600;

    public static void Map(RouteGroupBuilder api) => api.MapPost(
        "/cluster/tokens",
        async (CreateJoinToken body, IJoinTokens tokens) => Answer.Created(
            await tokens.MakeAsync(TimeSpan.FromSeconds(Math.Clamp(body.ValidSeconds ?? DefaultTokenSeconds, 0, int.MaxValue))),
            _ => $"{ManagementApi.Prefix}/cluster/tokens"))
        .Produces<JoinTokenView>(StatusCodes.Status201Created);
}
