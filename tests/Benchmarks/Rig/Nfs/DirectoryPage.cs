using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using FileAttributes = Uss.NfsFrontend.Nfs.FileAttributes;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>What one READDIRPLUS told (RFC 1813, 3.3.17).</summary>
/// <param name="Files">Entries, "." and ".." not counted.</param>
/// <param name="Cookie">Behind which entry to go on.</param>
/// <param name="Verifier">What to go on with beside it.</param>
/// <param name="IsLast">The directory ends here.</param>
internal readonly record struct DirectoryPage(int Files, ulong Cookie, ulong Verifier, bool IsLast)
{
    /// <summary>Reads the results behind their status.</summary>
    /// <exception cref="BenchmarkException">They cannot be decoded.</exception>
    public static DirectoryPage Read(ReadOnlySpan<byte> results)
    {
        var reader = new XdrReader(results);
        SkipAttributes(ref reader);
        var (files, cookie, verifier) = (0, 0ul, reader.UInt64());
        while (reader.Boolean())
        {
            reader.UInt64();
            var name = reader.Opaque(NfsLimits.NameBytes).In(results);
            cookie = reader.UInt64();
            SkipAttributes(ref reader);
            if (reader.Boolean())
                reader.Opaque(NfsLimits.HandleBytes);
            files += name.SequenceEqual("."u8) || name.SequenceEqual(".."u8) ? 0 : 1;
        }

        var isLast = reader.Boolean();
        return reader.IsOk ? new DirectoryPage(files, cookie, verifier, isLast) : throw new BenchmarkException("a READDIRPLUS cannot be decoded");
    }

    private static void SkipAttributes(ref XdrReader reader)
    {
        if (reader.Boolean())
            reader.Fixed(FileAttributes.Size);
    }
}
