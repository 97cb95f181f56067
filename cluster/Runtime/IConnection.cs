namespace Uss.Runtime;

/// <summary>One TCP connection, owned by one reactor. At most one receive and one send are under way at a time.</summary>
public interface IConnection
{
    /// <summary>This end.</summary>
    Endpoint Local { get; }

    /// <summary>The other end.</summary>
    Endpoint Remote { get; }

    /// <summary>Receives at least 1 byte into <paramref name="target"/>; 0 bytes mean that the peer closed its side.</summary>
    ValueTask<IoResult> ReceiveAsync(BufferSlice target);

    /// <summary>Receives exactly <c>target.Length</c> bytes; fewer only when the peer closed its side first.</summary>
    ValueTask<IoResult> ReceiveExactlyAsync(BufferSlice target);

    /// <summary>
    /// Sends all of <paramref name="vector"/> in order with as few system calls as possible. The vector and its buffers
    /// belong to the connection until the call completes; the caller then releases what it holds.
    /// </summary>
    ValueTask<IoResult> SendAsync(SendVector vector);

    /// <summary>Closes at once: operations under way complete with ECANCELED or a reset. Idempotent.</summary>
    void Abort();

    /// <summary>Waits for operations under way to end, after <see cref="Abort"/> if need be, and frees the socket. Idempotent.</summary>
    ValueTask CloseAsync();
}

/// <summary>A listening TCP socket, owned by one reactor.</summary>
public interface IListener
{
    /// <summary>Where it listens, with the real port.</summary>
    Endpoint Local { get; }

    /// <summary>Waits for the next connection; a fault once the listener is closed or out of descriptors.</summary>
    ValueTask<Result<IConnection>> AcceptAsync();

    /// <summary>Stops listening; a waiting accept completes with a fault. Idempotent.</summary>
    ValueTask CloseAsync();
}
