using Uss.Volumes;
using Uss.WebUi.Contracts;

namespace Uss.Host.Serve;

/// <summary>Scrubs as the application services see them. On the reactor.</summary>
internal static class ScrubViews
{
    public static IReadOnlyList<ScrubView> Of(BlockNode block) => [.. block.DescribeScrubs().Select(Of)];

    private static ScrubView Of(ScrubDescription scrub) => new()
    {
        Pool = scrub.Pool,
        Group = scrub.Group.Index,
        State = scrub.Running is not null ? "running" : scrub.IsDue ? "due" : scrub.Last is null ? "never" : "done",
        Percent = scrub.Running is { } running ? 100.0 * running.ObjectsDone / Math.Max(1, running.Objects) : null,
        Ended = scrub.Last?.EndedAt,
        CopiesRead = scrub.Last?.CopiesRead ?? 0,
        Damaged = scrub.Last?.Damaged ?? 0,
        Outdated = scrub.Last?.Outdated ?? 0,
        Repaired = scrub.Last?.Repaired ?? 0,
        Unrepairable = scrub.Last?.Unrepairable ?? 0,
        Lost = [.. scrub.Lost.Select(lost => new LostRangeView(lost.Volume, lost.Offset, lost.Length))],
    };
}
