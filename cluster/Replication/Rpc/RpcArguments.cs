using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// The 64 bytes of a frame's header that belong to the operation: a little-endian structure of its own, the rest zeros.
/// </summary>
[InlineArray(Size)]
public struct RpcArguments
{
    /// <summary>Size in bytes.</summary>
    public const int Size = 64;

    private byte _first;

    /// <summary>The structure's bytes and zeros behind them.</summary>
    /// <typeparam name="T">A structure of at most 64 bytes without padding, whose layout is the wire's.</typeparam>
    public static RpcArguments From<T>(in T value)
        where T : unmanaged
    {
        Invariant.Check(Unsafe.SizeOf<T>() <= Size);
        RpcArguments arguments = default;
        Unsafe.WriteUnaligned(ref arguments._first, value);
        return arguments;
    }

    /// <summary>Reads the bytes as a structure. Any bytes may come: the caller checks the fields.</summary>
    /// <typeparam name="T">As for <see cref="From{T}"/>.</typeparam>
    public readonly T To<T>()
        where T : unmanaged
    {
        Invariant.Check(Unsafe.SizeOf<T>() <= Size);
        return Unsafe.ReadUnaligned<T>(in _first);
    }
}
