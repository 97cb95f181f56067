namespace Uss.Runtime;

/// <summary>
/// One UDP socket, owned by one reactor. Datagrams may be lost, come twice and overtake each other. At most one receive and one send are
/// under way at a time.
/// </summary>
public interface IDatagramSocket
{
    /// <summary>Bytes that a receive needs room for: more than the longest datagram, so that none is ever cut off.</summary>
    const int ReceiveBytes = 65_536;

    /// <summary>Where it is bound, with the real port.</summary>
    Endpoint Local { get; }

    /// <summary>Waits for the next datagram, which may be empty.</summary>
    /// <param name="target">Where it goes, at least <see cref="ReceiveBytes"/>; the socket holds the buffer meanwhile.</param>
    ValueTask<Datagram> ReceiveAsync(BufferSlice target);

    /// <summary>Hands a datagram over to the kernel; that says nothing about its arrival.</summary>
    /// <param name="source">Its bytes; the socket holds the buffer meanwhile.</param>
    /// <param name="target">Whom it is for: an address of the family that the socket is bound to, otherwise it fails with EINVAL.</param>
    ValueTask<IoResult> SendAsync(BufferSlice source, Endpoint target);

    /// <summary>Ends operations under way with ECANCELED and frees the socket. Idempotent.</summary>
    ValueTask CloseAsync();
}

/// <summary>What a receive of a datagram came to.</summary>
/// <param name="Result">How many bytes came, or an error number.</param>
/// <param name="Sender">Who sent it, as far as anybody can know; set when the result is good.</param>
public readonly record struct Datagram(IoResult Result, Endpoint Sender);
