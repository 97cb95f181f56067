using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs.Tests;

public sealed class DirectoryPageTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void EntriesAreCountedWithAndWithoutTheirAttributesAndHandles(bool hasAttributes)
    {
        var page = DirectoryPage.Read(Results(hasAttributes, isLast: false, ".", "..", "f0000001", "f0000002", "f3"));
        Assert.That(page, Is.EqualTo(new DirectoryPage(Files: 3, Cookie: 104, Verifier: 77, IsLast: false)));
    }

    [Test]
    public void AnEmptyLastPageEndsTheList() =>
        Assert.That(DirectoryPage.Read(Results(true, isLast: true)), Is.EqualTo(new DirectoryPage(0, 0, 77, IsLast: true)));

    [Test]
    public void APageThatIsCutOffIsAnError()
    {
        var results = Results(true, isLast: true, "f0000001");
        Assert.That(() => DirectoryPage.Read(results.AsSpan(0, results.Length - 4)), Throws.InstanceOf<BenchmarkException>());
    }

    private static byte[] Results(bool hasAttributes, bool isLast, params string[] names)
    {
        var message = new byte[4096];
        var writer = new XdrWriter(message);
        WriteAttributes(ref writer);
        writer.UInt64(77);
        for (var index = 0; index < names.Length; index++)
        {
            writer.Boolean(true);
            writer.UInt64(1000);
            writer.Opaque(System.Text.Encoding.UTF8.GetBytes(names[index]));
            writer.UInt64(100 + (ulong)index);
            WriteAttributes(ref writer);
            writer.Boolean(hasAttributes);
            if (hasAttributes)
                writer.Opaque(new byte[28]);
        }

        writer.Boolean(false);
        writer.Boolean(isLast);
        return message[..writer.Position];

        void WriteAttributes(ref XdrWriter writer)
        {
            writer.Boolean(hasAttributes);
            if (hasAttributes)
                writer.Fixed(new byte[84]);
        }
    }
}
