using System.Runtime.CompilerServices;
using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;

namespace Uss.Replication.Rpc.Tests;

public sealed class RpcHeaderTests
{
    [Test]
    public void Structures_have_the_sizes_of_the_wire()
    {
        Assert.That(Unsafe.SizeOf<RpcHeader>(), Is.EqualTo(RpcHeader.Size));
        Assert.That(Unsafe.SizeOf<RpcArguments>(), Is.EqualTo(RpcArguments.Size));
    }

    [Test]
    public void A_header_lies_as_the_picture_says()
    {
        var bytes = RawPeer.Bytes(Sample());
        Assert.That(bytes.AsSpan(0, 4).SequenceEqual("UssR"u8));
        Assert.That(Convert.ToHexStringLower(bytes.AsSpan(4, 36)), Is.EqualTo(
            "01020700" + "10000000" + "00000000" + "0807060504030201" + "00000000" + "0a000000" + "00200000" + "44332211"));
        Assert.That(bytes[40], Is.EqualTo(0xEE));
        Assert.That(BitConverter.ToUInt32(bytes, 108), Is.EqualTo(Crc32C.Compute(bytes.AsSpan(0, 108))));
    }

    [Test]
    public void A_header_is_read_as_it_was_written()
    {
        Assert.That(RpcHeader.Parse(RawPeer.Bytes(Sample()), out var header), Is.Null);
        Assert.That(header.Id, Is.EqualTo(0x0102030405060708UL));
        Assert.That(header.BodyBytes, Is.EqualTo(18));
        Assert.That(header.Arguments.To<byte>(), Is.EqualTo(0xEE));
    }

    [Test]
    public void A_flipped_bit_is_found()
    {
        var bytes = RawPeer.Bytes(Sample());
        for (var bit = 0; bit < RpcHeader.Size * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(RpcHeader.Parse(bytes, out _), Is.Not.Null);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Test]
    public void No_bytes_make_the_parsers_throw()
    {
        var random = new SeededRandom(1);
        Prop.ForAll<byte[]>(seed =>
        {
            var bytes = new byte[RpcHello.Size];
            random.Fill(bytes);
            seed.AsSpan(0, Math.Min(seed.Length, bytes.Length)).CopyTo(bytes);
            RpcHeader.Parse(bytes.AsSpan(0, RpcHeader.Size), out _);
            "UssH"u8.CopyTo(bytes);
            BitConverter.TryWriteBytes(bytes.AsSpan(188), Crc32C.Compute(bytes.AsSpan(0, 188)));
            RpcHello.TryParse(bytes, out _);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void A_hello_is_read_as_it_was_written()
    {
        var hello = new RpcHello
        {
            Kind = RpcHelloKind.Hello,
            Role = RpcRole.Acceptor,
            MinimumVersion = 2,
            MaximumVersion = 9,
            WindowRequests = 17,
            WindowBytes = RpcLimits.CallBytes,
            Incarnation = ulong.MaxValue,
            ClusterId = RpcPair.Cluster,
            Name = new string('n', 64),
        };
        var bytes = new byte[RpcHello.Size];
        hello.Write(bytes, RpcPair.Key);
        Assert.That(RpcHello.TryParse(bytes, out var read));
        Assert.That(read, Is.EqualTo(hello));
        Assert.That(bytes.AsSpan(RpcHello.SecretOffset, RpcHello.SecretBytes).SequenceEqual(RpcPair.Key));
    }

    [Test]
    public void Arguments_carry_structures_of_any_size_up_to_64_bytes()
    {
        var small = RpcArguments.From((short)-2);
        Assert.That(small.To<short>(), Is.EqualTo(-2));
        Assert.That(small.To<(ulong, ulong)>(), Is.EqualTo((0xFFFEUL, 0UL)));
        Assert.That(() => RpcArguments.From(default(TooLarge)), Throws.TypeOf<InvariantException>());
        Assert.That(() => small.To<TooLarge>(), Throws.TypeOf<InvariantException>());
    }

    private static RpcHeader Sample() => new()
    {
        Magic = RpcHeader.ExpectedMagic,
        Version = RpcHeader.ExpectedVersion,
        Kind = RpcKind.Answer,
        Operation = 7,
        Status = RpcStatus.FirstOfService,
        Id = 0x0102030405060708,
        DetailBytes = 10,
        PayloadBytes = 8192,
        BodyChecksum = 0x11223344,
        Arguments = RpcArguments.From<byte>(0xEE),
    };

    [InlineArray(65)]
    private struct TooLarge
    {
        private byte _first;
    }
}
