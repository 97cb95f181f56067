namespace Uss.Host.Serve;

/// <summary>
/// Lets so many log entries of a kind through in a minute and counts the others, so that a hostile or broken initiator
/// neither fills the log nor hides in silence. One thread at a time.
/// </summary>
/// <param name="most">Entries let through in a minute.</param>
/// <param name="time">The clock.</param>
internal sealed class EventLimit(int most, TimeProvider time)
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(1);

    private long _start = time.GetTimestamp();
    private int _passed;
    private int _held;

    /// <summary>Whether an entry may be written now.</summary>
    /// <param name="held">How many were not written in the minute before, when a new one begins; else 0.</param>
    public bool Pass(out int held)
    {
        held = 0;
        if (time.GetElapsedTime(_start) >= _window)
        {
            _start = time.GetTimestamp();
            held = _held;
            _passed = 0;
            _held = 0;
        }

        if (_passed < most)
        {
            _passed++;
            return true;
        }

        _held++;
        return false;
    }

    /// <summary>True for the first entry of this minute that is held back.</summary>
    public bool IsFirstHeld => _held == 1;
}
