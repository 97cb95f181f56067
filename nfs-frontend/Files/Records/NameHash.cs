namespace Uss.NfsFrontend.Files;

/// <summary>
/// The cookie of a directory entry: 55 bits of a hash of its name and 8 bits that tell names of one hash apart. It stays with the entry, so
/// that a listing goes on from it whatever has changed meanwhile.
/// </summary>
internal static class NameHash
{
    /// <summary>Entries of one hash.</summary>
    public const int Collisions = 256;

    /// <summary>The cookie of the directory itself, listed as <c>.</c>.</summary>
    public const ulong SelfCookie = 1;

    /// <summary>The cookie of the directory above, listed as <c>..</c>.</summary>
    public const ulong ParentCookie = 2;

    /// <summary>No cookie is larger.</summary>
    public const ulong MaximumCookie = long.MaxValue;

    /// <summary>The first cookie that a name may have: its lower 8 bits are 0. At least <see cref="Collisions"/>, below 2^63.</summary>
    public static ulong FirstCookieOf(ReadOnlySpan<byte> name)
    {
        // FNV-1a, whose bits are mixed once more (the finalizer of SplitMix64), since it leaves the upper ones of short names alike.
        var hash = 0xCBF29CE484222325UL;
        foreach (var one in name)
            hash = (hash ^ one) * 0x100000001B3UL;
        hash = (hash ^ (hash >> 30)) * 0xBF58476D1CE4E5B9UL;
        hash = (hash ^ (hash >> 27)) * 0x94D049BB133111EBUL;
        hash ^= hash >> 31;
        var bits = hash >> 9;
        return (bits == 0 ? 1 : bits) << 8;
    }
}
