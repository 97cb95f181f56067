using System.Runtime.CompilerServices;

namespace Uss.Simulation;

/// <summary>
/// The words for a promise: put together only when it is broken, because nearly all of a run's millions of checks pass.
/// </summary>
[InterpolatedStringHandler]
public ref struct PromiseText
{
    private DefaultInterpolatedStringHandler _text;

    /// <summary>Begins the words; <paramref name="isNeeded"/> is false when nobody will read them.</summary>
    public PromiseText(int literalLength, int formattedCount, bool isKept, out bool isNeeded)
    {
        isNeeded = !isKept;
        _text = isKept ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    /// <summary>Adds fixed text.</summary>
    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    /// <summary>Adds a value.</summary>
    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    /// <summary>Adds a formatted value.</summary>
    public void AppendFormatted<T>(T value, string format) => _text.AppendFormatted(value, format);

    /// <summary>The words; once.</summary>
    internal string Take() => _text.ToStringAndClear();
}
