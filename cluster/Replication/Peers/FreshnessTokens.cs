namespace Uss.Replication;

/// <summary>
/// The clock readings that a node has told, with the times at which they came. An operation carries the newest one that
/// was there when it arrived: when that is too old on the node's own clock, the operation is too old to be applied, however
/// long it was held up on the way, and without clocks that agree.
/// </summary>
internal sealed class FreshnessTokens
{
    // Four a second: longer than an operation may take.
    private const int Kept = 32;

    private readonly (long CameNs, long Token)[] _ring = new (long, long)[Kept];
    private int _next;

    /// <summary>A reading came.</summary>
    public void Add(long cameNs, long token) => _ring[_next++ % Kept] = (cameNs, token);

    /// <summary>The newest reading that came at a time or before; long.MinValue / 2 when there was none.</summary>
    public long At(long timeNs)
    {
        for (var i = 1; i <= Math.Min(_next, Kept); i++)
        {
            var (cameNs, token) = _ring[(_next - i) % Kept];
            if (cameNs <= timeNs)
                return token;
        }

        return long.MinValue / 2;
    }
}
