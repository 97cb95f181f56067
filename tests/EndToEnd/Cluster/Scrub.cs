using System.Text.Json;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>A scrub of a cluster.</summary>
internal static class Scrub
{
    /// <summary>Scrubs all groups and waits until that is done.</summary>
    /// <param name="uss">Runs a command at a node.</param>
    /// <param name="limit">Past it the test fails.</param>
    /// <returns>How many damaged copies were found, and blocks without a good one.</returns>
    public static (long Damaged, long Lost) Run(Func<int, IEnumerable<string>, ProgramResult> uss, TimeSpan limit)
    {
        uss(1, ["scrub", "start"]).Succeeded();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            using var document = JsonDocument.Parse(uss(3, ["scrub", "ls", "-o", "json"]).Succeeded());
            var groups = document.RootElement.EnumerateArray().ToList();
            if (groups.Count > 0 && groups.TrueForAll(group => group.GetProperty("state").GetString() == "done"))
                return (Sum("damaged"), Sum("unrepairable"));
            if (clock.Elapsed > limit)
                Assert.Fail($"the scrub does not end:\n{document.RootElement}");
            Thread.Sleep(200);

            long Sum(string figure) => groups.Sum(group => group.GetProperty(figure).GetInt64());
        }
    }
}
