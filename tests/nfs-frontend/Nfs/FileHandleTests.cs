using FsCheck;
using FsCheck.Fluent;

namespace Uss.NfsFrontend.Nfs.Tests;

public sealed class FileHandleTests
{
    private static readonly byte[] _key = [.. Enumerable.Range(0, FileHandle.KeyBytes).Select(i => (byte)i)];

    private static readonly FileHandle _handle = new()
    {
        Export = 0x0102,
        FileSystem = 0x03040506,
        Inode = 0x1112131415161718,
        Generation = 0x21222324,
        Snapshot = 0x31323334,
    };

    [Test]
    public void The_fields_stand_where_the_picture_has_them()
    {
        var bytes = Write(_handle);
        Assert.That(Convert.ToHexString(bytes, 0, 24), Is.EqualTo("0200" + "0102" + "03040506" + "1112131415161718" + "21222324" + "31323334"));

        // SipHash-2-4 by another implementation: an old handle must work after an update.
        Assert.That(Convert.ToHexString(bytes, 24, 8), Is.EqualTo("6B7025E494CF7112"));
    }

    [Test]
    public void What_is_written_is_read() =>
        Prop.ForAll<ushort, uint, ulong>((export, fileSystem, inode) =>
        {
            var handle = new FileHandle { Export = export, FileSystem = fileSystem, Inode = inode, Generation = fileSystem + 1, Snapshot = export };
            return FileHandle.TryParse(Write(handle), _key, out var read) && read == handle;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void A_handle_that_was_changed_anywhere_is_none()
    {
        var bytes = Write(_handle);
        for (var bit = 0; bit < FileHandle.Size * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(FileHandle.TryParse(bytes, _key, out _), Is.False, $"bit {bit}");
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        Assert.That(FileHandle.TryParse(bytes, _key, out _));
    }

    [Test]
    public void A_handle_of_another_cluster_is_none()
    {
        byte[] other = [.. _key];
        other[31] ^= 1;
        Assert.That(FileHandle.TryParse(Write(_handle), other, out _), Is.False);
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    [TestCase(64)]
    public void A_handle_has_its_length(int length)
    {
        var bytes = new byte[64];
        _handle.Write(bytes, _key);
        Assert.That(FileHandle.TryParse(bytes.AsSpan(0, length), _key, out _), Is.False);
    }

    private static byte[] Write(in FileHandle handle)
    {
        var bytes = new byte[FileHandle.Size];
        handle.Write(bytes, _key);
        return bytes;
    }
}
