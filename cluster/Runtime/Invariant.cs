using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Uss.Runtime;

/// <summary>Always-on checks for programming errors. Operating errors are values and never pass through here.</summary>
public static class Invariant
{
    /// <summary>Stops when <paramref name="condition"/> does not hold.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Check([DoesNotReturnIf(false)] bool condition, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        if (!condition)
            Fail(what);
    }

    [DoesNotReturn]
    private static void Fail(string what) => throw new InvariantException("broken invariant: " + what);
}

/// <summary>A programming error found at run time. Nothing catches it: the process ends and recovers from its log.</summary>
public sealed class InvariantException : Exception
{
    /// <summary>Creates the exception.</summary>
    public InvariantException()
    {
    }

    /// <summary>Creates the exception with what was broken.</summary>
    public InvariantException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with what was broken and the cause.</summary>
    public InvariantException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
