using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs.Tests;

/// <summary>The arguments of the load's calls, read as the server reads them.</summary>
public sealed class NfsCallsTests
{
    private static readonly byte[] _handle = [1, 2, 3, 4, 5, 6, 7, 8];

    private delegate T ReadArguments<out T>(ref XdrReader reader);

    [Test]
    public void FilesAreCreatedUnderTheirNumbersAndOnlyOnce()
    {
        var message = Write(NfsCalls.CreateFiles(_handle), 1234);
        var create = Read(message, CreateArguments.Read);
        Assert.Multiple(() =>
        {
            Assert.That(create.Where.Name.In(message).SequenceEqual("f0001234"u8));
            Assert.That(create.Where.Directory.In(message).SequenceEqual(_handle));
            Assert.That(create.Mode, Is.EqualTo(CreateMode.Guarded));
            Assert.That(create.Attributes, Is.EqualTo(new SetAttributes { Mode = 0x1A4 }));
        });
    }

    [TestCase(0)]
    [TestCase(9999)]
    public void LookupAndRemoveNameTheFileThatWasCreated(int number)
    {
        var created = Write(NfsCalls.CreateFiles(_handle), number);
        var name = Read(created, CreateArguments.Read).Where.Name.In(created).ToArray();
        foreach (var call in (NfsCall[])[NfsCalls.LookupFiles(_handle), NfsCalls.RemoveFiles(_handle)])
        {
            var message = Write(call, number);
            Assert.That(Read(message, NamedEntry.Read).Name.In(message).SequenceEqual(name));
        }
    }

    [Test]
    public void RandomWritesAreDurableWholeBlocksOfTheFile()
    {
        var call = NfsCalls.WriteAnywhere(_handle, 10 * 4096, new byte[4096]);
        for (var number = 0; number < 100; number++)
        {
            var write = Read(Write(call, number), WriteArguments.Read);
            Assert.That(write.Stable, Is.EqualTo(StableHow.FileSync));
            Assert.That((write.Offset % 4096, write.Offset < 10 * 4096, write.Count, write.Data.Length), Is.EqualTo((0, true, 4096, 4096)));
        }
    }

    [Test]
    public void FillingGoesOverTheWholeFile() =>
        Assert.That(Read(Write(NfsCalls.WriteInTurn(_handle, new byte[1 << 20]), 5000), WriteArguments.Read).Offset, Is.EqualTo(5000L << 20));

    private static byte[] Write(NfsCall call, int number)
    {
        var message = new byte[NfsCall.PlainBytes + call.DataBytes];
        var writer = new XdrWriter(message);
        call.Write(ref writer, number);
        return message[..writer.Position];
    }

    private static T Read<T>(byte[] message, ReadArguments<T> read)
    {
        var reader = new XdrReader(message);
        var arguments = read(ref reader);
        Assert.That((reader.IsOk, reader.Position), Is.EqualTo((true, message.Length)));
        return arguments;
    }
}
