namespace Uss.Runtime;

/// <summary>What one disk or network operation came to: bytes moved, or an error number. Never an exception.</summary>
/// <param name="Value">Bytes when not negative; otherwise the negated <c>errno</c>.</param>
public readonly record struct IoResult(int Value)
{
    /// <summary>The operation did all it was asked to.</summary>
    public bool IsOk => Value >= 0;

    /// <summary>Bytes moved; meaningful only when <see cref="IsOk"/>.</summary>
    public int Bytes => Value;

    /// <summary>The error number, 0 when <see cref="IsOk"/>; see <see cref="Errno"/>.</summary>
    public int Error => Value < 0 ? -Value : 0;

    /// <summary>A failure with the given error number.</summary>
    public static IoResult Failed(int errno) => new(-errno);

    /// <inheritdoc/>
    public override string ToString() => IsOk ? $"{Value} bytes" : Errno.Describe(Error);
}
