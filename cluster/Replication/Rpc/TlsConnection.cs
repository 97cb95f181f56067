using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>
/// TLS 1.3 (RFC 8446) over a connection. It keeps others from reading and changing what passes; who the other end is, the
/// handshake around it finds out, by a proof that covers the server's certificate.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "CloseAsync frees what a connection holds.")]
internal sealed class TlsConnection : IConnection
{
    // A record holds at most this much (RFC 8446, section 5.1).
    private const int RecordBytes = 16384;

    // Encrypted at once: what comes of it has room in the stream, so that no write of TLS waits.
    private const int WriteBytes = 4 * RecordBytes;
    private const int MostCipherBytes = WriteBytes + 1024;

    private readonly Reactor _reactor;
    private readonly IConnection _inner;
    private readonly CipherStream _cipher;
    private readonly SslStream _tls;
    private readonly PageBuffer _staging;
    private readonly NativeMemoryView _receiveView = new();
    private readonly NativeMemoryView _sendView = new();
    private TaskCompletionSource? _idle;
    private TaskCompletionSource? _closing;
    private int _pending;
    private bool _isAborted;

    /// <summary>Creates the connection; <see cref="StartAsync"/> comes next. On the reactor.</summary>
    /// <param name="reactor">The reactor of <paramref name="inner"/>.</param>
    /// <param name="inner">What carries the records; closed with this connection.</param>
    public TlsConnection(Reactor reactor, IConnection inner)
    {
        _reactor = reactor;
        _inner = inner;
        _cipher = new CipherStream(reactor, inner);
        _staging = reactor.Buffers.Rent(RecordBytes);
        _tls = new SslStream(_cipher);
    }

    /// <inheritdoc/>
    public Endpoint Local => _inner.Local;

    /// <inheritdoc/>
    public Endpoint Remote => _inner.Remote;

    /// <inheritdoc cref="CipherStream.Strays"/>
    internal int Strays => _cipher.Strays;

    /// <summary>Agrees on keys with the other end, whoever that is. To be closed when it fails.</summary>
    /// <param name="identity">Own certificate; the acceptor, which is the server, shows it.</param>
    /// <param name="role">This end's.</param>
    /// <param name="binding">Gets the hash of the server's certificate.</param>
    /// <returns>Null, or why there are no keys.</returns>
    public async ValueTask<Fault?> StartAsync(TlsIdentity identity, RpcRole role, Memory<byte> binding)
    {
        Fault? fault = null;
        _pending++;
        try
        {
            if (role == RpcRole.Dialer)
                await _tls.AuthenticateAsClientAsync(ClientOptions(), CancellationToken.None).ConfigureAwait(false);
            else
                await _tls.AuthenticateAsServerAsync(ServerOptions(identity), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            fault = _cipher.End is { } end
                ? RpcFaults.Ended(Remote, end)
                : RpcFaults.TlsFailed(Remote, exception.InnerException?.Message ?? exception.Message);
        }

        await new ReactorReturn(_reactor);
        if (fault is null)
        {
            (role == RpcRole.Dialer ? TlsIdentity.HashOf(_tls.RemoteCertificate!) : identity.Hash).CopyTo(binding.Span);
            _cipher.IsGathering = true;
        }

        EndOperation();
        return fault;
    }

    /// <inheritdoc/>
    public ValueTask<IoResult> ReceiveAsync(BufferSlice target) => ReceiveAsync(target, isExact: false);

    /// <inheritdoc/>
    public ValueTask<IoResult> ReceiveExactlyAsync(BufferSlice target) => ReceiveAsync(target, isExact: true);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    public async ValueTask<IoResult> SendAsync(SendVector vector)
    {
        Invariant.Check(_reactor.IsCurrent && vector.TotalBytes <= int.MaxValue);
        if (_isAborted)
            return IoResult.Failed(Errno.Canceled);
        _pending++;
        var isSent = false;
        try
        {
            await EncryptAsync(vector).ConfigureAwait(false);
            isSent = true;
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            // What it is, the stream below knows.
        }

        await new ReactorReturn(_reactor);
        EndOperation();
        return isSent ? new IoResult((int)vector.TotalBytes) : Failure();
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _isAborted = true;
        _inner.Abort();
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        if (_closing is null)
        {
            _closing = new TaskCompletionSource();
            _reactor.Spawn(EndAsync());
        }

        return new ValueTask(_closing.Task);
    }

    // Nothing is asked of certificates, and nothing is fetched for them: the proofs of the cluster key cover the server's.
    private static SslClientAuthenticationOptions ClientOptions() => new()
    {
        TargetHost = "uss-node",
        EnabledSslProtocols = SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
        RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        CertificateChainPolicy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        },
    };

    private static SslServerAuthenticationOptions ServerOptions(TlsIdentity identity) => new()
    {
        ServerCertificateContext = identity.Context,
        ClientCertificateRequired = false,
        EnabledSslProtocols = SslProtocols.Tls13,
        EncryptionPolicy = EncryptionPolicy.RequireEncryption,
        AllowRenegotiation = false,
        AllowTlsResume = false,
    };

    // What TLS throws when the connection ends or what comes is no TLS; it throws the same again when it is asked later.
    private static bool IsExpected(Exception exception) =>
        exception is IOException or AuthenticationException or CryptographicException or InvalidOperationException;

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder<>))]
    private async ValueTask<IoResult> ReceiveAsync(BufferSlice target, bool isExact)
    {
        Invariant.Check(_reactor.IsCurrent && target.Length > 0);
        if (_isAborted)
            return IoResult.Failed(Errno.Canceled);
        _pending++;
        var received = 0;
        var isFailed = false;
        try
        {
            while (true)
            {
                var rest = target.Slice(received, target.Length - received);
                var bytes = await _tls.ReadAsync(Show(_receiveView, rest)).ConfigureAwait(false);
                await new ReactorReturn(_reactor);
                received += bytes;
                if (bytes == 0 || !isExact || received == target.Length)
                    break;
            }
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            isFailed = true;
        }

        await new ReactorReturn(_reactor);
        EndOperation();
        return isFailed ? Failure() : new IoResult(received);
    }

    // Small slices share records; long ones are encrypted from where they lie.
    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask EncryptAsync(SendVector vector)
    {
        var staged = 0;
        for (var i = 0; i < vector.Count; i++)
        {
            var slice = vector.Slices[i];
            while (slice.Length > 0)
            {
                int taken;
                if (staged == 0 && slice.Length >= RecordBytes)
                {
                    taken = Math.Min(slice.Length - (slice.Length % RecordBytes), WriteBytes);
                    await WriteAsync(slice.Slice(0, taken));
                }
                else
                {
                    taken = Math.Min(slice.Length, RecordBytes - staged);
                    slice.Slice(0, taken).Span.CopyTo(_staging.Slice(staged, taken).Span);
                    staged += taken;
                    if (staged == RecordBytes)
                    {
                        await WriteAsync(_staging.Slice(0, staged));
                        staged = 0;
                    }
                }

                slice = slice.Slice(taken, slice.Length - taken);
            }
        }

        if (staged > 0)
            await WriteAsync(_staging.Slice(0, staged));
        await _cipher.SendAsync();
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask WriteAsync(BufferSlice plain)
    {
        if (_cipher.FreeBytes < MostCipherBytes)
            await _cipher.SendAsync();
        await _tls.WriteAsync(Show(_sendView, plain)).ConfigureAwait(false);
        await new ReactorReturn(_reactor);
    }

    private static unsafe Memory<byte> Show(NativeMemoryView view, BufferSlice slice) => view.Show(slice.Address, slice.Length);

    private IoResult Failure() =>
        _isAborted ? IoResult.Failed(Errno.Canceled)
        : _cipher.End is { IsOk: false } end ? end
        : IoResult.Failed(Errno.Protocol);

    private void EndOperation()
    {
        _pending--;
        if (_pending == 0)
            _idle?.TrySetResult();
    }

    private async ValueTask EndAsync()
    {
        _isAborted = true;
        await _inner.CloseAsync();
        if (_pending > 0)
        {
            _idle = new TaskCompletionSource();
            await _idle.Task;
        }

        await _tls.DisposeAsync();
        _cipher.Free();
        _staging.Release();
        _closing!.SetResult();
    }
}
