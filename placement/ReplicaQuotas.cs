namespace Uss.Placement;

/// <summary>How many replicas each disk shall hold: its share by weight, whole, and never more than its domain can take.</summary>
internal static class ReplicaQuotas
{
    /// <summary>Computes the quotas.</summary>
    /// <param name="weights">Weight of each disk.</param>
    /// <param name="domains">Failure domain of each disk, from 0 without gaps.</param>
    /// <param name="held">Replicas that each disk holds now: decides who gets the odd one, so that it need not move.</param>
    /// <param name="policy">Copies and placement groups.</param>
    public static int[] Compute(long[] weights, int[] domains, int[] held, PoolPolicy policy)
    {
        var quotas = new int[weights.Length];
        if (weights.Length == 0)
            return quotas;

        var disksOfDomain = new List<int>[domains.Max() + 1];
        var domainWeights = new double[disksOfDomain.Length];
        var domainHeld = new int[disksOfDomain.Length];
        for (var disk = 0; disk < weights.Length; disk++)
        {
            (disksOfDomain[domains[disk]] ??= []).Add(disk);
            domainWeights[domains[disk]] += weights[disk];
            domainHeld[domains[disk]] += held[disk];
        }

        var domainQuotas = Round(FillDomains(domainWeights, policy), domainHeld, policy.Groups);
        for (var domain = 0; domain < disksOfDomain.Length; domain++)
        {
            var disks = disksOfDomain[domain];
            if (domainWeights[domain] <= 0)
                continue;
            var shares = disks.Select(disk => domainQuotas[domain] * (weights[disk] / domainWeights[domain])).ToArray();
            var rounded = Round(shares, disks.Select(disk => held[disk]).ToArray(), policy.Groups);
            for (var i = 0; i < disks.Count; i++)
                quotas[disks[i]] = rounded[i];
        }

        return quotas;
    }

    // A domain holds at most one replica of each group; what a heavy one cannot take flows to the others.
    private static double[] FillDomains(double[] weights, PoolPolicy policy)
    {
        var shares = new double[weights.Length];
        var isFull = new bool[weights.Length];
        var usable = weights.Count(weight => weight > 0);
        var total = (double)policy.Groups * Math.Min(policy.Copies, usable);
        while (true)
        {
            var openWeight = 0.0;
            var open = total;
            for (var i = 0; i < weights.Length; i++)
            {
                if (isFull[i])
                    open -= policy.Groups;
                else
                    openWeight += weights[i];
            }

            var changed = false;
            for (var i = 0; i < weights.Length; i++)
            {
                if (isFull[i] || weights[i] <= 0)
                    continue;
                shares[i] = open * (weights[i] / openWeight);
                if (shares[i] >= policy.Groups)
                {
                    shares[i] = policy.Groups;
                    isFull[i] = changed = true;
                }
            }

            if (!changed)
                return shares;
        }
    }

    // Rounds to whole numbers with the same sum, each up or down to its neighbour. Who holds more than the lower
    // neighbour keeps it; then the largest fractions are rounded up.
    private static int[] Round(double[] shares, int[] held, int maximum)
    {
        const double tolerance = 1e-6;
        var rounded = shares.Select(share => (int)Math.Floor(share + tolerance)).ToArray();
        var left = (int)Math.Round(shares.Sum()) - rounded.Sum();
        var order = Enumerable.Range(0, shares.Length)
            .Where(i => shares[i] - rounded[i] > tolerance && rounded[i] < maximum)
            .OrderByDescending(i => held[i] > rounded[i])
            .ThenByDescending(i => shares[i] - rounded[i])
            .ThenBy(i => i);
        foreach (var i in order.Take(Math.Max(left, 0)))
            rounded[i]++;
        return rounded;
    }
}
