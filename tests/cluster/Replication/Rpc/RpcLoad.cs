using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

/// <summary>Calls of mixed sizes and operations, whose answers are verified.</summary>
internal static class RpcLoad
{
    private static readonly int[] _sizes = [0, 0, 4096, 4096, 4096, 16384, 28672, 65536, 262144, 1 << 20];

    /// <summary>Runs one call after the other until the connection is lost or <paramref name="calls"/> are done.</summary>
    /// <returns>Calls that were answered.</returns>
    public static async ValueTask<int> WorkAsync(RpcConnection connection, ulong seed, int calls)
    {
        var random = new SeededRandom(seed);
        var buffers = Reactor.Current.Buffers;
        for (var i = 0; i < calls; i++)
        {
            var size = _sizes[random.Next(_sizes.Length)];
            var call = connection.Rent();
            call.Operation = random.Chance(0.5) ? EchoService.Echo : random.Chance(0.5) ? EchoService.EchoLater : EchoService.Read;
            var stamp = random.NextUInt64();
            call.Arguments = RpcArguments.From(stamp);
            var details = new byte[random.Chance(0.3) ? random.Next(RpcLimits.DetailBytes + 1) : random.Next(40)];
            random.Fill(details);
            call.Details = details;
            if (size > 0)
            {
                call.Target = buffers.Rent(size).Slice(0, size);
                call.Payload = buffers.Rent(size).Slice(0, call.Operation == EchoService.Read ? 0 : size);
                random.Fill(call.Payload.Span);
            }

            var status = await connection.CallAsync(call, 60_000_000_000);
            if (status == RpcStatus.Ok)
                Check(call, stamp, details);
            else
                Assert.That(status, Is.EqualTo(RpcStatus.Lost));
            if (size > 0)
            {
                call.Target.Buffer.Release();
                call.Payload.Buffer.Release();
            }

            connection.Return(call);
            if (status == RpcStatus.Lost)
                return i;
        }

        return calls;
    }

    private static void Check(RpcCall call, ulong stamp, byte[] details)
    {
        if (call.Operation == EchoService.Read)
        {
            Assert.That(call.AnswerPayloadBytes, Is.EqualTo(call.Target.Length));
            Assert.That(call.Target.Span.IndexOfAnyExcept((byte)stamp), Is.EqualTo(-1));
            return;
        }

        Assert.That(call.Answer.To<ulong>(), Is.EqualTo(stamp));
        Assert.That(call.AnswerDetails.Span.SequenceEqual(details));
        Assert.That(call.Target.Span.SequenceEqual(call.Payload.Span));
    }
}
