using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.BadInput;

/// <summary>Promise 8: whatever arrives at the port, the service neither ends nor grows without bound, and honest sessions go on.</summary>
public sealed class HostileClientTests : EndToEndTest
{
    private const int HeaderSize = 48;
    private const long MiB = 1 << 20;

    [Test]
    [CancelAfter(180_000)]
    public void MalformedPdusAndFloods_LeaveTheServiceAndItsDataAlone()
    {
        const int Seed = 4711;
        var service = StartService();
        service.Command("volume", "create", "honest", "--size", "1G").Succeeded();
        service.Command("lun", "map", "honest", "--lun", "1").Succeeded();
        var load = new StampedLoad(Sandbox, service, 1, 1024 * MiB, Seed, sessionCount: 2, extentCount: 256);
        load.Start();
        load.Progress(200, TimeSpan.FromSeconds(60));

        var endpoint = IPEndPoint.Parse(service.Portal);
        Sandbox.RunInNetwork(() =>
        {
            var random = new Random(Seed);
            for (var attack = 0; attack < 300; attack++)
                Attack(endpoint, Malformed(random, attack));
        }).GetAwaiter().GetResult();
        load.Progress(200, TimeSpan.FromSeconds(60));

        Sandbox.RunInNetwork(() =>
        {
            // Half-open: connected, and silent or in the middle of a login.
            var held = new List<Socket>();
            try
            {
                for (var index = 0; index < 400; index++)
                {
                    var socket = Connect(endpoint);
                    held.Add(socket);
                    if (index % 2 == 0)
                        Send(socket, Login(new Random(index), dataLength: 0)[..(index % HeaderSize)]);
                }

                load.Progress(200, TimeSpan.FromSeconds(60));
                // An honest newcomer still gets in, at the latest when the silent ones are timed out.
                Eventually(
                    TimeSpan.FromSeconds(60),
                    () => Sandbox.Run(TimeSpan.FromSeconds(30), "iscsi-ls", $"iscsi://{service.Portal}").ExitCode == 0,
                    () => "nobody can log in during the flood");
            }
            finally
            {
                held.ForEach(socket => socket.Dispose());
            }
        }).GetAwaiter().GetResult();

        load.Progress(200, TimeSpan.FromSeconds(60));
        load.Stop();
        load.Verify();
        Assert.That(ResidentBytes(service.ProcessId), Is.LessThan(1024 * MiB), "resident memory");
        Assert.That(service.Stop().Result.ExitCode, Is.Zero);
    }

    /// <summary>One connection with bad bytes; what the target answers, or that it hangs up, does not matter here.</summary>
    private static void Attack(IPEndPoint endpoint, byte[] bytes)
    {
        using var socket = Connect(endpoint);
        Send(socket, bytes);
        socket.Shutdown(SocketShutdown.Send);
        try
        {
            var answer = new byte[4096];
            while (socket.Receive(answer) > 0)
            {
                // Read to the end.
            }
        }
        catch (SocketException)
        {
            // Reset, or silence for the whole receive time-out.
        }
    }

    private static byte[] Malformed(Random random, int kind)
    {
        var noise = new byte[random.Next(1, 5000)];
        random.NextBytes(noise);
        switch (kind % 6)
        {
            case 0:
                return noise;
            case 1:
                // A login that announces 16 MiB of text.
                return [.. Login(random, dataLength: 0xffffff), .. noise];
            case 2:
                // Every opcode, first thing on a connection.
                var header = Login(random, dataLength: 0);
                header[0] = (byte)kind;
                return [.. header, .. noise];
            case 3:
                // The largest additional header segment.
                var withSegment = Login(random, dataLength: 0);
                withSegment[4] = 0xff;
                return [.. withSegment, .. noise];
            case 4:
                // Keys without end: no '=', no terminator, not text.
                var length = Math.Min(noise.Length, 4096) & ~3;
                return [.. Login(random, length), .. noise[..length]];
            default:
                // Right keys, repeated and contradicting.
                var text = "InitiatorName=iqn.x\0InitiatorName=iqn.y\0SessionType=Fun\0AuthMethod=\0HeaderDigest=,,,\0MaxBurstLength=-1\0"u8.ToArray();
                Array.Resize(ref text, (text.Length + 3) & ~3);
                return [.. Login(random, text.Length), .. text, .. noise];
        }
    }

    /// <summary>A Login Request header (RFC 7143, 11.12) with random ISID and tags.</summary>
    private static byte[] Login(Random random, int dataLength)
    {
        var header = new byte[HeaderSize];
        random.NextBytes(header.AsSpan(8));
        header[0] = 0x43;
        header[1] = 0x87;
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), dataLength);
        BinaryPrimitives.WriteInt16BigEndian(header.AsSpan(14), 0);
        return header;
    }

    private static Socket Connect(IPEndPoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 2000, SendTimeout = 5000 };
        socket.Connect(endpoint);
        return socket;
    }

    private static void Send(Socket socket, ReadOnlySpan<byte> bytes)
    {
        try
        {
            socket.Send(bytes);
        }
        catch (SocketException)
        {
            // The target hung up while the rest was on its way.
        }
    }

    private static long ResidentBytes(int processId) => long.Parse(
        File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) << 10;
}
