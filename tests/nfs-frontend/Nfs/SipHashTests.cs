namespace Uss.NfsFrontend.Nfs.Tests;

/// <summary>SipHash-2-4 gives what its authors' reference gives (paper, appendix A, and vectors of the reference implementation).</summary>
public sealed class SipHashTests
{
    [TestCase(0, 0x726FDB47DD0E0E31UL)]
    [TestCase(1, 0x74F839C593DC67FDUL)]
    [TestCase(15, 0xA129CA6149BE45E5UL)]
    public void Messages_have_the_codes_of_the_reference(int length, ulong code)
    {
        byte[] key = [.. Enumerable.Range(0, SipHash.KeyBytes).Select(i => (byte)i)];
        byte[] message = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        Assert.That(SipHash.Compute(key, message), Is.EqualTo(code));
    }

    [Test]
    public void Every_bit_of_key_and_message_counts()
    {
        var (key, message) = (new byte[SipHash.KeyBytes], new byte[24]);
        var seen = new HashSet<ulong> { SipHash.Compute(key, message) };
        foreach (var bytes in new[] { key, message })
        {
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(seen.Add(SipHash.Compute(key, message)));
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }
}
