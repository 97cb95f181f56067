using System.Net;

namespace Uss.Host.Join;

/// <summary>Counts failed attempts to join in a window of a minute, of each address and of all together. Bounded memory.</summary>
/// <param name="most">Attempts of one address that may fail in a minute.</param>
/// <param name="mostOfAll">Attempts of all addresses together.</param>
internal sealed class FailureLimit(int most, int mostOfAll)
{
    private const long WindowNs = 60_000_000_000;

    private readonly Dictionary<IPAddress, int> _failures = [];
    private long _startNs;
    private int _all;

    /// <summary>Whether an address may try now.</summary>
    public bool MayTry(IPAddress address, long nowNs)
    {
        if (nowNs - _startNs >= WindowNs)
        {
            _startNs = nowNs;
            _failures.Clear();
            _all = 0;
        }

        return _all < mostOfAll && _failures.GetValueOrDefault(address) < most;
    }

    /// <summary>An attempt failed. There are at most as many addresses as failures of all.</summary>
    public void Fail(IPAddress address)
    {
        _all++;
        _failures[address] = _failures.GetValueOrDefault(address) + 1;
    }
}
