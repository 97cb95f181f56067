using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Uss.Replication.Rpc;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>Lists of fixed-size entries in the payload of an answer, filled up with zeros to whole blocks.</summary>
internal static class PayloadList
{
    /// <summary>Bytes that a list takes.</summary>
    public static int BytesOf<T>(int entries)
        where T : unmanaged =>
        (((entries * Unsafe.SizeOf<T>()) + StoreUnits.BlockBytes - 1) / StoreUnits.BlockBytes) * StoreUnits.BlockBytes;

    /// <summary>Answers with a list.</summary>
    public static void Answer<T>(RpcRequest request, Reactor reactor, ReadOnlySpan<T> entries)
        where T : unmanaged
    {
        if (entries.Length == 0)
            return;
        var buffer = reactor.Buffers.Rent(BytesOf<T>(entries.Length));
        var slice = buffer.Slice(0, BytesOf<T>(entries.Length));
        var bytes = MemoryMarshal.AsBytes(entries);
        bytes.CopyTo(slice.Span);
        slice.Span[bytes.Length..].Clear();
        request.AnswerPayload = slice;
        buffer.Release();
    }

    /// <summary>The entries of an answer.</summary>
    public static ReadOnlySpan<T> Read<T>(BufferSlice payload, int entries)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(payload.Span)[..entries];
}
