using System.Diagnostics.CodeAnalysis;

namespace Uss.Runtime;

/// <summary>An operating error as a value: what went wrong, with which thing, and what to do about it.</summary>
/// <param name="Code">Stable code in kebab-case, for example <c>disk-locked</c>.</param>
/// <param name="Message">One sentence that names the thing.</param>
/// <param name="Remedy">One sentence that says what to do; empty when there is nothing to do.</param>
public sealed record Fault(string Code, string Message, string Remedy = "")
{
    /// <inheritdoc/>
    public override string ToString() => Remedy.Length == 0 ? Message : $"{Message} {Remedy}";
}

/// <summary>A value or the fault that prevented it.</summary>
/// <typeparam name="T">The value's type.</typeparam>
public readonly struct Result<T>
{
    private Result(T? value, Fault? fault)
    {
        Value = value;
        Fault = fault;
    }

    /// <summary>The value; set when <see cref="IsOk"/>.</summary>
    public T? Value { get; }

    /// <summary>The fault; set when not <see cref="IsOk"/>.</summary>
    public Fault? Fault { get; }

    /// <summary>True when there is a value.</summary>
    [MemberNotNullWhen(true, nameof(Value))]
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsOk => Fault is null;

    /// <summary>Wraps a value.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Wraps a fault.</summary>
    public static implicit operator Result<T>(Fault fault) => new(default, fault);

    /// <summary>Wraps a value whose static type is an interface, which has no implicit conversion.</summary>
    public static Result<T> Ok(T value) => new(value, null);
}
