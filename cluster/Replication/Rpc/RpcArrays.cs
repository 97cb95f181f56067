namespace Uss.Replication.Rpc;

/// <summary>
/// Arrays for details and checksums of the calls and requests of a connection. Most are short and stay with their
/// object; long ones are lent, so that one long frame a call does not make every object large for ever.
/// </summary>
internal sealed class RpcArrays
{
    /// <summary>Details that an object holds without borrowing, bytes.</summary>
    public const int ShortDetails = 512;

    /// <summary>Checksums that an object holds without borrowing.</summary>
    public const int ShortChecksums = 16;

    private const int MostKept = 64;

    private readonly Stack<byte[]> _details = new();
    private readonly Stack<uint[]> _checksums = new();

    /// <summary>An array for so many bytes in place of <paramref name="current"/>, whose content is lost.</summary>
    public byte[] Fit(byte[] current, int length)
    {
        if (length <= current.Length)
            return current;
        return _details.TryPop(out var array) ? array : new byte[RpcLimits.DetailBytes];
    }

    /// <summary>An array for so many checksums in place of <paramref name="current"/>, whose content is lost.</summary>
    public uint[] Fit(uint[] current, int length)
    {
        if (length <= current.Length)
            return current;
        return _checksums.TryPop(out var array) ? array : new uint[RpcLimits.Blocks];
    }

    /// <summary>Takes an array of <see cref="Fit(byte[], int)"/> back.</summary>
    public void Keep(byte[] array)
    {
        if (_details.Count < MostKept)
            _details.Push(array);
    }

    /// <summary>Takes an array of <see cref="Fit(uint[], int)"/> back.</summary>
    public void Keep(uint[] array)
    {
        if (_checksums.Count < MostKept)
            _checksums.Push(array);
    }
}
