using System.Globalization;
using System.Text;
using Uss.Coordination;

namespace Uss.Host.Serve;

/// <summary>
/// Numbers of the target ports of a cluster, one a node: portal group tag and relative target port identifier. Initiators take two
/// ports of one number for one (RFC 7143, 4.1.1; SPC-5, 7.7.6.7). A node keeps its number, under <c>target-ports/NUMBER</c>.
/// </summary>
internal static class TargetPorts
{
    /// <summary>The only one of a node that is alone.</summary>
    public const int First = 1;

    private const string Prefix = "target-ports/";
    private const int Last = 65535;

    /// <summary>The number of a node: the one that it has, or the lowest that is free.</summary>
    /// <returns>Null when the store does not answer, or all numbers are taken.</returns>
    public static async ValueTask<int?> ClaimAsync(ICoordinationStore coordination, string node)
    {
        while (true)
        {
            var read = await coordination.ListAsync(Prefix);
            if (!read.IsAvailable)
                return null;
            var taken = new HashSet<int>();
            foreach (var entry in read.Entries)
            {
                if (!int.TryParse(entry.Key[Prefix.Length..], CultureInfo.InvariantCulture, out var number))
                    continue;
                if (Encoding.UTF8.GetString(entry.Value.Span) == $"\"{node}\"")
                    return number;
                taken.Add(number);
            }

            var free = Enumerable.Range(First, Last).FirstOrDefault(number => !taken.Contains(number));
            if (free == 0)
                return null;
            var key = Prefix + free.ToString(CultureInfo.InvariantCulture);
            var commit = await coordination.CommitAsync([new Condition(key, 0)], [new Change(key, Encoding.UTF8.GetBytes($"\"{node}\""))]);
            if (commit.Status == CommitStatus.Unknown)
                return null;
        }
    }
}
