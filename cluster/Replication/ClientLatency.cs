namespace Uss.Replication;

/// <summary>Mean time that clients' operations took lately, reads and writes apart. Not thread-safe.</summary>
internal sealed class ClientLatency
{
    // What is older counts half as much each time as many have come again.
    private const int Memory = 256;

    private readonly long[] _operations = new long[2];
    private readonly long[] _sumNs = new long[2];

    /// <summary>An operation took so long, in nanoseconds.</summary>
    public void Add(bool isWrite, long elapsedNs)
    {
        var kind = isWrite ? 1 : 0;
        _sumNs[kind] += elapsedNs;
        if (++_operations[kind] < Memory)
            return;
        _operations[kind] /= 2;
        _sumNs[kind] /= 2;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_operations);
        Array.Clear(_sumNs);
    }

    /// <summary>
    /// How many times as long these operations took as operations of the same kinds did in <paramref name="quiet"/>; null when
    /// either knows fewer than <paramref name="least"/> of them.
    /// </summary>
    public double? SlowdownFrom(ClientLatency quiet, int least)
    {
        double expectedNs = 0, tookNs = 0;
        for (var kind = 0; kind < _operations.Length; kind++)
        {
            if (_operations[kind] < least || quiet._operations[kind] < least)
                continue;
            tookNs += _sumNs[kind];
            expectedNs += (double)_operations[kind] * quiet._sumNs[kind] / quiet._operations[kind];
        }

        return expectedNs > 0 ? tookNs / expectedNs : null;
    }
}
