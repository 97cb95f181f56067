using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs.Tests;

/// <summary>The arguments of all procedures, from bytes written by hand after RFC 1813, 3.3.</summary>
public sealed class ArgumentsTests
{
    private const string Handle = "00000004" + "AABBCCDD";
    private const string Other = "00000008" + "1122334455667788";
    private const string Name = "00000003" + "61626300";
    private const string Path = "00000006" + "2E2E2F782F790000";
    private const string NoAttributes = "00000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000";
    private const string OnlyMode = "00000001" + "000001ED" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000";

    private delegate T Decoder<out T>(ref XdrReader reader);

    [Test]
    public void Only_a_handle() => Read(Handle, HandleArguments.Read, read => Assert.That(Hex(read.Message, read.Value.File), Is.EqualTo("AABBCCDD")));

    [Test]
    public void SetAttributes()
    {
        Read(Handle + OnlyMode + "00000000", SetAttributesArguments.Read, read =>
        {
            Assert.That(read.Value.Attributes, Is.EqualTo(new SetAttributes { Mode = 0x1ED }));
            Assert.That(read.Value.Guard, Is.Null);
        });
        Read(Handle + OnlyMode + "00000001" + "0000000100000002", SetAttributesArguments.Read, read =>
            Assert.That(read.Value.Guard, Is.EqualTo(new NfsTime(1, 2))));
    }

    [Test]
    public void Lookup() => Read(Handle + Name, NamedEntry.Read, read =>
    {
        Assert.That(Hex(read.Message, read.Value.Directory), Is.EqualTo("AABBCCDD"));
        Assert.That(Text(read.Message, read.Value.Name), Is.EqualTo("abc"));
    });

    [Test]
    public void Access() => Read(Handle + "0000003F", AccessArguments.Read, read =>
        Assert.That(read.Value.Rights.ToString(), Is.EqualTo("Read, Lookup, Modify, Extend, Delete, Execute")));

    [Test]
    public void Read() => Read(Handle + "0000000100000000" + "00001000", ReadArguments.Read, read =>
        Assert.That((read.Value.Offset, read.Value.Count), Is.EqualTo((1UL << 32, 4096u))));

    [Test]
    public void Write()
    {
        const string hex = Handle + "0000000100000000" + "00000005" + "00000002" + "00000005" + "0102030405000000";
        Read(hex, WriteArguments.Read, read =>
        {
            Assert.That((read.Value.Offset, read.Value.Count, read.Value.Stable), Is.EqualTo((1UL << 32, 5u, StableHow.FileSync)));
            Assert.That(Hex(read.Message, read.Value.Data), Is.EqualTo("0102030405"));
            Assert.That(WriteArguments.DataOffset(read.Message, 0), Is.EqualTo(read.Value.Data.Offset));
            Assert.That(WriteArguments.DataOffset(read.Message.AsSpan(0, 20), 0), Is.Zero, "that is too early to tell");
        });
        Refuse(hex.Replace("00000002" + "00000005", "00000003" + "00000005", StringComparison.Ordinal), WriteArguments.Read);
    }

    [Test]
    public void Create()
    {
        Read(Handle + Name + "00000000" + OnlyMode, CreateArguments.Read, read =>
            Assert.That((read.Value.Mode, read.Value.Attributes.Mode), Is.EqualTo((CreateMode.Unchecked, (uint?)0x1ED))));
        Read(Handle + Name + "00000001" + NoAttributes, CreateArguments.Read, read => Assert.That(read.Value.Mode, Is.EqualTo(CreateMode.Guarded)));
        Read(Handle + Name + "00000002" + "0102030405060708", CreateArguments.Read, read =>
            Assert.That((read.Value.Mode, read.Value.Verifier), Is.EqualTo((CreateMode.Exclusive, 0x0102030405060708UL))));
        Refuse(Handle + Name + "00000003" + NoAttributes, CreateArguments.Read);
    }

    [Test]
    public void MakeDirectory() => Read(Handle + Name + OnlyMode, MakeDirectoryArguments.Read, read =>
        Assert.That((Text(read.Message, read.Value.Where.Name), read.Value.Attributes.Mode), Is.EqualTo(("abc", (uint?)0x1ED))));

    [Test]
    public void SymbolicLink() => Read(Handle + Name + NoAttributes + Path, SymbolicLinkArguments.Read, read =>
        Assert.That(Text(read.Message, read.Value.Path), Is.EqualTo("../x/y")));

    [TestCase(FileType.CharacterDevice, NoAttributes + "0000000100000003", 1u, 3u)]
    [TestCase(FileType.BlockDevice, NoAttributes + "0000000800000000", 8u, 0u)]
    [TestCase(FileType.Socket, NoAttributes, 0u, 0u)]
    [TestCase(FileType.Pipe, NoAttributes, 0u, 0u)]
    [TestCase(FileType.Regular, "", 0u, 0u)]
    [TestCase((FileType)99, "", 0u, 0u)]
    public void MakeNode(FileType type, string rest, uint major, uint minor) =>
        Read(Handle + Name + $"{(uint)type:X8}" + rest, MakeNodeArguments.Read, read =>
            Assert.That((read.Value.Type, read.Value.Device), Is.EqualTo((type, (major, minor)))));

    [Test]
    public void Rename() => Read(Handle + Name + Other + Path, RenameArguments.Read, read =>
    {
        Assert.That(Hex(read.Message, read.Value.From.Directory), Is.EqualTo("AABBCCDD"));
        Assert.That(Text(read.Message, read.Value.From.Name), Is.EqualTo("abc"));
        Assert.That(Hex(read.Message, read.Value.To.Directory), Is.EqualTo("1122334455667788"));
    });

    [Test]
    public void Link() => Read(Other + Handle + Name, LinkArguments.Read, read =>
    {
        Assert.That(Hex(read.Message, read.Value.File), Is.EqualTo("1122334455667788"));
        Assert.That(Hex(read.Message, read.Value.Where.Directory), Is.EqualTo("AABBCCDD"));
    });

    [Test]
    public void ReadDirectory()
    {
        Read(Handle + "0000000000000005" + "0000000000000009" + "00002000", ReadDirectoryArguments.Read, read =>
            Assert.That((read.Value.Cookie, read.Value.Verifier, read.Value.Count), Is.EqualTo((5UL, 9UL, 8192u))));
        Read(Handle + "0000000000000005" + "0000000000000009" + "00000200" + "00002000", ReadDirectoryPlusArguments.Read, read =>
            Assert.That((read.Value.NameCount, read.Value.Count), Is.EqualTo((512u, 8192u))));
    }

    [Test]
    public void Commit() => Read(Handle + "0000000000000007" + "00000009", CommitArguments.Read, read =>
        Assert.That((read.Value.Offset, read.Value.Count), Is.EqualTo((7UL, 9u))));

    [TestCase(64, true)]
    [TestCase(65, false)]
    public void A_handle_has_at_most_64_bytes(int length, bool isOk)
    {
        var reader = new XdrReader(Convert.FromHexString($"{length:X8}" + new string('0', 2 * 68)));
        HandleArguments.Read(ref reader);
        Assert.That(reader.IsOk, Is.EqualTo(isOk));
    }

    [TestCase(256)]
    [TestCase(4097)]
    public void A_name_that_is_too_long_is_read_so_that_NFS_can_say_so(int length)
    {
        var reader = new XdrReader(Convert.FromHexString(Handle + $"{length:X8}" + new string('0', 2 * ((length + 3) & ~3))));
        Assert.That(NamedEntry.Read(ref reader).Name.Length, Is.EqualTo(length));
        Assert.That(reader.IsOk);
    }

    [Test]
    public void No_bytes_make_a_reader_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            byte[] likely = [.. Convert.FromHexString(Handle + Name), .. bytes];
            foreach (var message in (byte[][])[bytes, likely])
            {
                Try(message, SetAttributesArguments.Read);
                Try(message, NamedEntry.Read);
                Try(message, AccessArguments.Read);
                Try(message, ReadArguments.Read);
                Try(message, WriteArguments.Read);
                Try(message, CreateArguments.Read);
                Try(message, MakeDirectoryArguments.Read);
                Try(message, SymbolicLinkArguments.Read);
                Try(message, MakeNodeArguments.Read);
                Try(message, RenameArguments.Read);
                Try(message, LinkArguments.Read);
                Try(message, ReadDirectoryArguments.Read);
                Try(message, ReadDirectoryPlusArguments.Read);
                Try(message, CommitArguments.Read);
                if (WriteArguments.DataOffset(message, 0) > message.Length)
                    return false;
            }

            return true;
        }).QuickCheckThrowOnFailure();

    // All of the bytes, and one unit less is too few.
    private static void Read<T>(string hex, Decoder<T> decode, Action<(byte[] Message, T Value)> check)
    {
        var message = Convert.FromHexString(hex);
        var reader = new XdrReader(message);
        var value = decode(ref reader);
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, message.Length)));
        check((message, value));
        Refuse(hex[..^8], decode);
    }

    private static void Refuse<T>(string hex, Decoder<T> decode) => Assert.That(Try(Convert.FromHexString(hex), decode), Is.False);

    private static bool Try<T>(byte[] message, Decoder<T> decode)
    {
        var reader = new XdrReader(message);
        decode(ref reader);
        return reader.IsOk;
    }

    private static string Hex(byte[] message, XdrBytes bytes) => Convert.ToHexString(bytes.In(message));

    private static string Text(byte[] message, XdrBytes bytes) => Encoding.UTF8.GetString(bytes.In(message));
}
