using System.Buffers.Binary;
using System.Text;
using Uss.Runtime;
using Uss.Target.Iscsi;
using Uss.Target.Scsi;
using DataOut = Uss.Target.Iscsi.DataOut;
using Uss.Target.Tests.Support;

namespace Uss.Target.Tests.Iscsi;

/// <summary>
/// Streams of nonsense against a live target: nothing throws, nobody gets in, memory stays bounded, and a session beside
/// them is served as if nothing were.
/// </summary>
public sealed class HostileTests
{
    private const int Streams = 60;

    // Receive buffers of all connections, and what their commands may hold.
    private const long MemoryLimit = 96 << 20;

    [Test]
    public void Random_bytes_harm_nobody([Range(1, 4)] int seed) => Attack(seed, (random, _) =>
    {
        var bytes = new byte[random.Next(20000)];
        random.Fill(bytes);

        // Mostly a login request at first, so that some of it is looked at closer.
        if (bytes.Length > 8 && random.Chance(0.7))
        {
            bytes[0] = 0x43;
            bytes[4] = 0;
            bytes[5] = 0;
            bytes[6] = (byte)random.Next(4);
        }

        return bytes;
    });

    [Test]
    public void Damaged_sessions_harm_nobody([Range(1, 6)] int seed) =>
        Attack(seed, (random, login) => Damage(random, Session(random, login)));

    [Test]
    public void Whole_pdus_with_random_fields_harm_nobody([Range(1, 6)] int seed) => Attack(seed, (random, login) =>
    {
        var stream = new List<byte>(login);
        for (var i = random.Next(80); i > 0; i--)
            AddRandomPdu(random, stream);
        return [.. stream];
    });

    [Test]
    public void Nobody_gets_in_without_the_secret([Range(1, 4)] int seed)
    {
        var configuration = new TargetConfiguration
        {
            Iqn = TargetRig.TargetName,
            Initiators = [new InitiatorRule { Iqn = "*", Chap = new ChapCredentials("user", "initiatorsecret12") }],
        };
        using var rig = new TargetRig(new IscsiTargetOptions { FailedLoginDelayMs = 1 }, configuration, seed: (ulong)seed);
        var random = new SeededRandom((ulong)seed);
        rig.Run(async () =>
        {
            for (var i = 0; i < Streams; i++)
                await SendAsync(rig, random, Damage(random, Session(random, Login("AuthMethod=CHAP,None\0"))));
        });
        Assert.That(rig.Fake.Log, Is.Empty);
        Assert.That(rig.Events.Lines, Has.None.StartsWith("in "));
    }

    [TestCase(255, 0, TestName = "Additional header segments that do not come")]
    [TestCase(0, 16_777_215, TestName = "A data segment longer than declared")]
    public void Lengths_that_cannot_be_end_the_connection(int words, int length)
    {
        using var rig = new TargetRig(new IscsiTargetOptions { KeepAliveIntervalMs = 1000, KeepAliveTimeoutMs = 1000 });
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.AnswersPings = false;
            var header = new byte[BasicHeader.Size];
            new ScsiRequest { IsFinal = true, InitiatorTaskTag = 1, CmdSn = initiator.CmdSn }.Write(header);
            header[4] = (byte)words;
            header[5] = (byte)(length >> 16);
            header[6] = (byte)(length >> 8);
            header[7] = (byte)length;
            initiator.SendRaw(header);
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
    }

    [TestCase("01000000", TestName = "An additional header without a length")]
    [TestCase("00FF0100", TestName = "An additional header longer than all of them")]
    [TestCase("0001020000000000", TestName = "A bidirectional length that is too short")]
    public void Additional_headers_that_cannot_be_end_the_connection(string additional)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            initiator.Start(new byte[6], additional: Convert.FromHexString(additional));
            Assert.That(await initiator.ReceiveToEndAsync(), Is.Empty);
            await initiator.CloseAsync();
        });
        Assert.That(rig.Fake.Log, Is.Empty);
    }

    [TestCase(0x1C, 0x05, TestName = "A vendor's opcode")]
    [TestCase(0x21, 0x05, TestName = "An opcode of targets")]
    [TestCase(0x10, 0x04, TestName = "SNACK")]
    [TestCase(0x43, 0x04, TestName = "A login request")]
    public void Requests_that_cannot_be_are_rejected(int opcode, int reason)
    {
        using var rig = new TargetRig();
        rig.Run(async () =>
        {
            var initiator = await rig.LogInAsync();
            var header = new byte[BasicHeader.Size];
            header[0] = (byte)opcode;
            initiator.Send(header, "some data"u8);
            var reject = (await initiator.ReceiveAsync())!;
            Assert.That(reject.AsReject().Reason, Is.EqualTo((byte)reason));
            Assert.That(reject.Data[0], Is.EqualTo((byte)opcode));
            Assert.That((await initiator.RunAsync(new byte[6])).Status, Is.EqualTo(ScsiStatus.Good), "the session goes on");
            await initiator.CloseAsync();
        });
        Assert.That(rig.Events.Lines, Has.One.EqualTo($"reject 0x{opcode & 0x3F:x2} 0x{reason:x2}"));
    }

    private static void Attack(int seed, Func<SeededRandom, byte[], byte[]> stream)
    {
        using var rig = new TargetRig(seed: (ulong)seed);
        var random = new SeededRandom((ulong)seed);
        long most = 0;
        rig.Run(async () =>
        {
            var witness = await rig.LogInAsync(new TestLogin { InitiatorName = "iqn.2026-11.test:witness" });
            var data = SessionTests.Pattern(4096, seed);
            for (var i = 0; i < Streams; i++)
            {
                await SendAsync(rig, random, stream(random, Login("")));
                most = Math.Max(most, rig.Server.Buffers.RentedBytes);
                await witness.WriteAsync(TestInitiator.Write10(100_000, 8), data);
                var read = await witness.ReadAsync(TestInitiator.Read10(100_000, 8), 4096);
                Assert.That(read.Status, Is.EqualTo(ScsiStatus.Good), $"stream {i}");
                Assert.That(!read.IsLost && read.DataIn.AsSpan().SequenceEqual(data), $"stream {i}");
            }

            await witness.CloseAsync();
        });
        Assert.That(most, Is.LessThan(MemoryLimit));
    }

    // Sends in pieces and then goes away, now and then without waiting for anything.
    private static async ValueTask SendAsync(TargetRig rig, SeededRandom random, byte[] stream)
    {
        var attacker = await rig.ConnectAsync();
        attacker.AnswersPings = random.Chance(0.5);
        for (var offset = 0; offset < stream.Length && !attacker.IsClosed;)
        {
            var length = Math.Min(stream.Length - offset, 1 + random.Next(5000));
            attacker.SendRaw(stream.AsSpan(offset, length));
            offset += length;
            if (random.Chance(0.3))
                await rig.Client.DelayAsync(random.Next(3_000_000));
        }

        await rig.Client.DelayAsync(random.Next(20_000_000));
        await attacker.CloseAsync();
    }

    private static byte[] Login(string keys)
    {
        var text = Encoding.ASCII.GetBytes($"InitiatorName=iqn.2026-11.test:attacker\0TargetName={TargetRig.TargetName}\0{keys}");
        var header = new byte[BasicHeader.Size];
        new LoginRequest
        {
            IsTransit = true,
            CurrentStage = keys.Length > 0 ? LoginStage.Security : LoginStage.Operational,
            NextStage = LoginStage.FullFeature,
            CmdSn = 1,
            DataSegmentLength = text.Length,
        }.Write(header);
        return [.. header, .. text, .. new byte[BasicHeader.PaddingOf(text.Length)]];
    }

    private static byte[] Session(SeededRandom random, byte[] login)
    {
        var stream = new List<byte>(login);
        for (uint i = 0; i < 12; i++)
        {
            var length = random.Next(3) * 512;
            Add(stream, header => new ScsiRequest
            {
                IsFinal = random.Chance(0.8),
                IsWrite = true,
                InitiatorTaskTag = i,
                ExpectedDataTransferLength = 2048,
                CmdSn = 1 + i,
                Cdb = CdbOf(0x2A, 4),
                DataSegmentLength = length,
            }.Write(header), length);
            Add(stream, header => new ScsiRequest
            {
                IsFinal = true,
                IsRead = true,
                IsImmediate = true,
                InitiatorTaskTag = 100 + i,
                ExpectedDataTransferLength = 65536,
                Cdb = CdbOf(0x28, 100),
            }.Write(header), 0);
            Add(stream, header => new DataOut
            {
                IsFinal = true,
                InitiatorTaskTag = i,
                TargetTransferTag = (i << 4) | (1 << 16),
                DataSegmentLength = 1024,
                BufferOffset = 1024,
            }.Write(header), 1024);
        }

        Add(stream, header => new TaskManagementRequest
        {
            IsImmediate = true,
            Function = (byte)(1 + random.Next(6)),
            InitiatorTaskTag = 200,
        }.Write(header), 0);
        Add(stream, header => new TextRequest
        {
            IsFinal = true,
            InitiatorTaskTag = 201,
            TargetTransferTag = 0xFFFFFFFF,
            CmdSn = 13,
        }.Write(header), 0);
        Add(stream, header => new NopOut
        {
            InitiatorTaskTag = 202,
            TargetTransferTag = 0xFFFFFFFF,
            CmdSn = 14,
            DataSegmentLength = 99,
        }.Write(header), 99);
        Add(stream, header => new LogoutRequest { InitiatorTaskTag = 203, CmdSn = 15 }.Write(header), 0);
        return [.. stream];
    }

    private static UInt128 CdbOf(byte opcode, byte blocks) => ((UInt128)opcode << 120) | ((UInt128)blocks << 56);

    private static void Add(List<byte> stream, Action<byte[]> write, int length)
    {
        var header = new byte[BasicHeader.Size];
        write(header);
        stream.AddRange(header);
        stream.AddRange(new byte[length + BasicHeader.PaddingOf(length)]);
    }

    private static byte[] Damage(SeededRandom random, byte[] stream)
    {
        for (var i = random.Next(6); i > 0; i--)
        {
            var at = random.Next(stream.Length);
            switch (random.Next(4))
            {
                case 0:
                    stream[at] = (byte)random.Next(256);
                    break;
                case 1:
                    stream = [.. stream[..at], .. stream[Math.Min(stream.Length, at + random.Next(100))..]];
                    break;
                case 2:
                    stream = [.. stream[..at], .. new byte[random.Next(100)], .. stream[at..]];
                    break;
                default:
                    stream = [.. stream[..at], .. stream[Math.Max(0, at - random.Next(500))..]];
                    break;
            }

            if (stream.Length == 0)
                return stream;
        }

        return random.Chance(0.2) ? stream[..random.Next(stream.Length)] : stream;
    }

    private static void AddRandomPdu(SeededRandom random, List<byte> stream)
    {
        var header = new byte[BasicHeader.Size];
        random.Fill(header);
        ReadOnlySpan<byte> opcodes = [0x00, 0x01, 0x01, 0x01, 0x01, 0x02, 0x04, 0x05, 0x05, 0x06, 0x10, 0x3F, 0x40, 0x41, 0x42];
        header[0] = opcodes[random.Next(opcodes.Length)];

        // A logout would end the fun early, and a cold reset the witness's session.
        if (header[0] == 0x06 && random.Chance(0.8))
            header[0] = 0x01;
        if ((header[0] & 0x3F) == 0x02)
            header[1] = (byte)(0x80 | (1 + random.Next(2)));
        header[4] = random.Chance(0.95) ? (byte)0 : (byte)random.Next(4);
        var length = random.Chance(0.5) ? 0 : random.Next(3000);
        header[5] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)length);
        header.AsSpan(8, 8).Clear();
        header[9] = (byte)random.Next(3);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(16), (uint)random.Next(6));
        if (random.Chance(0.8))
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(20), random.Chance(0.5) ? 0xFFFFFFFF : (uint)random.Next(8192));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(24), 1 + (uint)random.Next(20));
        if ((header[0] & 0x3F) == 0x01)
        {
            header[32] = random.Chance(0.5) ? (byte)0x28 : (byte)0x2A;
            header.AsSpan(34, 4).Clear();
            header[39] = 0;
            header[40] = (byte)random.Next(20);
        }

        stream.AddRange(header);
        stream.AddRange(new byte[(header[4] * 4) + length + BasicHeader.PaddingOf(length)]);
    }
}
