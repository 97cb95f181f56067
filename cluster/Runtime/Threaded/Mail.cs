namespace Uss.Runtime.Threaded;

/// <summary>A callback on its way to a reactor's thread.</summary>
internal readonly record struct Mail(Action<object?> Callback, object? State);
