using System.Diagnostics.CodeAnalysis;

namespace Uss.Placement;

/// <summary>Why something cannot be placed, as a value.</summary>
/// <param name="Code">Stable code in kebab-case, for example <c>too-few-domains</c>.</param>
/// <param name="Message">Says which rule fails, with the names of what is concerned.</param>
/// <param name="Remedy">Says what to do.</param>
public sealed record PlacementFault(string Code, string Message, string Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Message} {Remedy}";
}

/// <summary>A value or the fault that prevented it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct PlacementResult<T>
    where T : class
{
    private PlacementResult(T? value, PlacementFault? fault)
    {
        Value = value;
        Fault = fault;
    }

    /// <summary>The value; set when <see cref="IsOk"/>.</summary>
    public T? Value { get; }

    /// <summary>The fault; set when not <see cref="IsOk"/>.</summary>
    public PlacementFault? Fault { get; }

    /// <summary>True when there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsOk => Fault is null;

    /// <summary>Wraps a value.</summary>
    public static implicit operator PlacementResult<T>(T value) => new(value, null);

    /// <summary>Wraps a fault.</summary>
    public static implicit operator PlacementResult<T>(PlacementFault fault) => new(null, fault);
}
