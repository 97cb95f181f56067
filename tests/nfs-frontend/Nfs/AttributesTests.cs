using FsCheck;
using FsCheck.Fluent;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs.Tests;

/// <summary>Attributes as RFC 1813, 2.6 lays them out.</summary>
public sealed class AttributesTests
{
    private static readonly FileAttributes _file = new()
    {
        Type = FileType.Regular,
        Mode = 0x1A4,
        Links = 2,
        UserId = 1000,
        GroupId = 100,
        Length = 0x0102030405060708,
        Used = 8192,
        Device = (8, 1),
        FileSystemId = 0x2122232425262728,
        Inode = 42,
        Accessed = new NfsTime(1, 2),
        Modified = new NfsTime(3, 4),
        Changed = new NfsTime(5, 6),
    };

    private const string FileHex =
        "00000001" + "000001A4" + "00000002" + "000003E8" + "00000064" + "0102030405060708" + "0000000000002000" + "0000000800000001"
        + "2122232425262728" + "000000000000002A" + "0000000100000002" + "0000000300000004" + "0000000500000006";

    [Test]
    public void Attributes_stand_as_the_standard_has_them()
    {
        var bytes = new byte[FileAttributes.Size];
        var writer = new XdrWriter(bytes);
        _file.Write(ref writer);
        Assert.That(Convert.ToHexString(bytes), Is.EqualTo(FileHex));
        Assert.That(writer.Position, Is.EqualTo(FileAttributes.Size));
        var reader = new XdrReader(bytes);
        Assert.That(FileAttributes.Read(ref reader), Is.EqualTo(_file));
        Assert.That(reader.IsOk);
    }

    [Test]
    public void Attributes_may_be_missing()
    {
        Assert.That(Optional(null), Is.EqualTo("00000000"));
        Assert.That(Optional(_file), Is.EqualTo("00000001" + FileHex));
    }

    [Test]
    public void What_was_before_is_told_in_short()
    {
        Assert.That(Consistency(new WeakCacheConsistency(null, null)), Is.EqualTo("00000000" + "00000000"));
        Assert.That(
            Consistency(new WeakCacheConsistency(_file, _file)),
            Is.EqualTo("00000001" + "0102030405060708" + "0000000300000004" + "0000000500000006" + "00000001" + FileHex));
        Assert.That(Consistency(new WeakCacheConsistency(_file, _file)), Has.Length.EqualTo(2 * WeakCacheConsistency.MaximumSize));
    }

    [Test]
    public void Attributes_to_set_are_read()
    {
        var all = Convert.FromHexString(
            "00000001" + "000001FF" + "00000001" + "00000007" + "00000001" + "00000008" + "00000001" + "0000000100000000"
            + "00000002" + "0000000A0000000B" + "00000001");
        var reader = new XdrReader(all);
        Assert.That(
            SetAttributes.Read(ref reader),
            Is.EqualTo(new SetAttributes
            {
                Mode = 0x1FF,
                UserId = 7,
                GroupId = 8,
                Length = 1UL << 32,
                AccessedChange = TimeChange.Given,
                Accessed = new NfsTime(10, 11),
                ModifiedChange = TimeChange.Now,
            }));
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, all.Length)));
        reader = new XdrReader(new byte[24]);
        Assert.That(SetAttributes.Read(ref reader), Is.EqualTo(default(SetAttributes)));
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, 24)));
    }

    [TestCase("00000002")]
    [TestCase("00000000" + "00000000" + "00000000" + "00000000" + "00000003")]
    [TestCase("00000000" + "00000000" + "00000000" + "00000000" + "00000000")]
    [TestCase("")]
    public void Attributes_that_break_the_format_are_refused(string hex)
    {
        var reader = new XdrReader(Convert.FromHexString(hex));
        SetAttributes.Read(ref reader);
        Assert.That(reader.IsOk, Is.False);
    }

    [Test]
    public void No_bytes_make_a_reader_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            var reader = new XdrReader(bytes);
            FileAttributes.Read(ref reader);
            var second = new XdrReader(bytes);
            SetAttributes.Read(ref second);
            return true;
        }).QuickCheckThrowOnFailure();

    private static string Optional(FileAttributes? attributes)
    {
        var bytes = new byte[FileAttributes.OptionalSize];
        var writer = new XdrWriter(bytes);
        FileAttributes.WriteOptional(ref writer, attributes);
        return Convert.ToHexString(bytes, 0, writer.Position);
    }

    private static string Consistency(WeakCacheConsistency change)
    {
        var bytes = new byte[WeakCacheConsistency.MaximumSize];
        var writer = new XdrWriter(bytes);
        change.Write(ref writer);
        return Convert.ToHexString(bytes, 0, writer.Position);
    }
}
