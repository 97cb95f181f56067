using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files;

/// <summary>Times of files in nanoseconds since 1970, each later than the one before: a change always shows.</summary>
/// <param name="reactor">Whose clock counts.</param>
internal sealed class FileTime(Reactor reactor)
{
    private const long NsPerSecond = 1_000_000_000;
    private const long NsPerTick = 100;

    private long _lastNs;

    /// <summary>The time now.</summary>
    public long NextNs()
    {
        var nowNs = (reactor.UtcNow - DateTimeOffset.UnixEpoch).Ticks * NsPerTick;
        return _lastNs = Math.Max(nowNs, _lastNs + 1);
    }

    /// <summary>A time was given by an owner before, whose clock may have been ahead.</summary>
    public void NoteGiven(long ns) => _lastNs = Math.Max(_lastNs, ns);

    /// <summary>A time as clients see it.</summary>
    public static NfsTime Of(long ns) => new((uint)(ns / NsPerSecond), (uint)(ns % NsPerSecond));

    /// <summary>A time that a client gave.</summary>
    public static long From(NfsTime time) => (time.Seconds * NsPerSecond) + Math.Min(time.Nanoseconds, NsPerSecond - 1);
}
