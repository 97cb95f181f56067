using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>The joining machine's side of the join protocol (docs/protocols/join.md).</summary>
/// <param name="token">What the operator brought.</param>
/// <param name="name">Name of the node.</param>
/// <param name="listen">Where it will listen.</param>
internal sealed class JoinGuest(JoinToken token, string name, Endpoint listen)
{
    private static readonly TimeSpan _connectLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(8);

    /// <summary>Asks the token's addresses one after the other.</summary>
    /// <returns>The grant, or why there is none.</returns>
    public async Task<Result<JoinGrant>> RunAsync(CancellationToken cancel)
    {
        Fault? last = null;
        foreach (var address in token.Addresses)
        {
            var asked = await AskAsync(address, cancel);
            if (asked.IsOk)
                return asked;

            // Another node may be able to answer; what one node refuses for good, the others refuse too.
            if (asked.Fault.Code is not ("join-no-answer" or "join-busy" or "join-unavailable"))
                return asked;
            last = last is null || last.Code == "join-no-answer" ? asked.Fault : last;
        }

        return last!.Code == "join-no-answer" && token.Addresses.Count > 1
            ? JoinFaults.NoAnswer(token.Addresses, "none of them took the connection and answered in time")
            : last;
    }

    /// <summary>Runs the protocol over a connection that is open.</summary>
    public async Task<Result<JoinGrant>> RunAsync(Stream stream, Endpoint remote, CancellationToken cancel)
    {
        var request = new JoinMessage
        {
            Kind = JoinKind.Request,
            ClusterId = token.ClusterId,
            TokenId = token.Id,
            Name = name,
            Listen = listen,
            Secret = RandomNumberGenerator.GetBytes(JoinMessage.SecretBytes),
        }.ToBytes();
        await stream.WriteAsync(request, cancel);
        var (challenge, publicKey, said) = await ReceiveAsync(stream, cancel);
        if (said.Kind == JoinKind.Refusal)
            return JoinFaults.Of(said.Refusal, remote, Readable(publicKey));
        if (said.Kind != JoinKind.Challenge || publicKey.Length != JoinKeys.PublicBytes)
            return JoinFaults.Impostor(remote);
        challenge = [.. challenge, .. publicKey];

        using var pair = JoinKeys.CreatePair();
        var own = JoinKeys.PublicOf(pair);
        byte[] proof =
        [
            .. new JoinMessage
            {
                Kind = JoinKind.Proof,
                ClusterId = token.ClusterId,
                AttachedBytes = own.Length,
                Secret = JoinKeys.GuestProof(token.Secret, request, challenge, own),
            }.ToBytes(),
            .. own,
        ];
        await stream.WriteAsync(proof, cancel);
        var (header, attached, answer) = await ReceiveAsync(stream, cancel);
        if (answer.Kind == JoinKind.Refusal)
            return JoinFaults.Of(answer.Refusal, remote, Readable(attached));
        var expected = JoinKeys.HostProof(token.Secret, request, challenge, proof);
        if (answer.Kind != JoinKind.Grant
            || !CryptographicOperations.FixedTimeEquals(expected, answer.Secret.Span)
            || JoinKeys.SealKey(token.Secret, pair, publicKey, request, challenge, proof) is not { } key
            || JoinKeys.Open(key, attached, header) is not { } opened
            || JoinGrant.Parse(opened) is not { } grant)
        {
            return JoinFaults.Impostor(remote);
        }

        return grant;
    }

    private async Task<Result<JoinGrant>> AskAsync(Endpoint address, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_connectLimit);
        try
        {
            using var socket = new Socket(address.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(address.Address, address.Port), limit.Token);
            limit.CancelAfter(_answerLimit);
            await using var stream = new NetworkStream(socket);
            return await RunAsync(stream, address, limit.Token);
        }
        catch (SocketException exception)
        {
            return JoinFaults.NoAnswer([address], exception.Message.ToLowerInvariant());
        }
        catch (IOException)
        {
            return JoinFaults.NoAnswer([address], "the connection was broken off; if the cluster took the token, it is used up");
        }
        catch (InvalidDataException)
        {
            return JoinFaults.NoAnswer([address], "what answers there does not speak the join protocol");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return JoinFaults.NoAnswer([address], "no answer in time");
        }
    }

    // What a refusal says is not proven to come from the cluster: nothing but plain characters of it is shown.
    private static string Readable(byte[] text) =>
        new([.. Encoding.UTF8.GetString(text).Where(c => c is >= ' ' and <= '~').Take(200)]);

    private static async Task<(byte[] Header, byte[] Attached, JoinMessage Message)> ReceiveAsync(Stream stream, CancellationToken cancel)
    {
        var header = new byte[JoinMessage.Size];
        await stream.ReadExactlyAsync(header, cancel);
        if (JoinMessage.Parse(header) is not { } message)
            throw new InvalidDataException();
        var attached = new byte[message.AttachedBytes];
        await stream.ReadExactlyAsync(attached, cancel);
        return (header, attached, message);
    }
}
