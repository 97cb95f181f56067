using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Uss.WebUi.Contracts;
using Uss.WebUi.Services;

namespace Uss.WebUi.Api;

/// <summary>Routes that tell how things are and what happens.</summary>
internal static class WatchApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/health", async (HealthService health) => Answer.Ok(await health.GetAsync())).Produces<HealthView>();

        // Waits until there is something to tell, up to waitSeconds.
        api.MapGet(
            "/events",
            async (string? after, int? waitSeconds, EventJournal events, CancellationToken cancel) =>
                TypedResults.Ok(await events.ReadAsync(after, TimeSpan.FromSeconds(Math.Max(0, waitSeconds ?? 0)), cancel)))
            .Produces<ListPage<EventView>>();
    }
}
