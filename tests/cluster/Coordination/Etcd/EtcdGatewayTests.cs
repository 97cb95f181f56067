using System.Net;
using System.Net.Sockets;

namespace Uss.Coordination.Etcd.Tests;

/// <summary>What becomes of requests when a member dies at the worst moment.</summary>
public sealed class EtcdGatewayTests
{
    // The connection is there, and gone before the client has looked at it: at some of the tries in the middle of HttpClient's own work.
    [Test]
    public async Task A_member_that_resets_new_connections_is_one_that_does_not_answer()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(64);
        var resetting = ResetAsync(listener);
        var member = new Uri($"http://{listener.LocalEndPoint}/");
        using var gateway = new EtcdGateway(new EtcdOptions { Endpoints = [member] });
        var request = new RangeRequest([0]);
        for (var i = 0; i < 1000; i++)
        {
            var answer = await gateway.CallAsync("/v3/kv/range", request, EtcdJson.Default.RangeRequest, EtcdJson.Default.RangeResponse, isRepeatable: true);
            Assert.That(answer.Outcome, Is.EqualTo(EtcdOutcome.Unsent).Or.EqualTo(EtcdOutcome.Lost));
            Assert.That(await gateway.OpenStreamAsync(0, "/v3/watch", request, EtcdJson.Default.RangeRequest, CancellationToken.None), Is.Null);
        }

        Assert.That(gateway.LastFault!.Code, Is.EqualTo("etcd-unavailable"));
        listener.Close();
        await resetting;
    }

    private static async Task ResetAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                using var accepted = await listener.AcceptAsync();
                accepted.LingerState = new LingerOption(enable: true, seconds: 0);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }
}
