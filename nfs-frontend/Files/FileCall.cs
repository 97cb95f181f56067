using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// One call of NFS on its way through the owner of a file system: what is asked, by whom, and the results. Handles and exports have been
/// checked by the front-end that it came to, which may be that of another node. The object is used again and again.
/// </summary>
public sealed class FileCall
{
    /// <summary>Most bytes of arguments: two names or a path of 64 KiB would not reach another node, and none is that long.</summary>
    public const int MaximumArgumentBytes = 32 << 10;

    /// <summary>Most bytes of results.</summary>
    public const int MaximumResultBytes = 60 << 10;

    private byte[] _arguments = new byte[1024];
    private int _argumentBytes;

    /// <summary>What is asked.</summary>
    public NfsProcedure Procedure { get; private set; }

    /// <summary>Who asks.</summary>
    public Caller Caller { get; set; }

    /// <summary>The export's rule for that client allows no changes.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>The export, for new handles.</summary>
    public ushort Export { get; set; }

    /// <summary>Inode of the directory that the export shows: for the client nothing is above it.</summary>
    public ulong Top { get; set; } = FileService.RootInode;

    /// <summary>The key that new handles are made with.</summary>
    public required ReadOnlyMemory<byte> HandleKey { get; init; }

    /// <summary>The file or directory that the call is about.</summary>
    public FileHandle Handle { get; set; }

    /// <summary>The second directory, of RENAME and LINK.</summary>
    public FileHandle OtherHandle { get; set; }

    /// <summary>The call's arguments as they came; of READ and WRITE nothing.</summary>
    public ReadOnlyMemory<byte> Arguments => _arguments.AsMemory(0, _argumentBytes);

    /// <summary>First byte, of READ and WRITE.</summary>
    public long Offset { get; set; }

    /// <summary>Bytes, of READ and WRITE.</summary>
    public int Count { get; set; }

    /// <summary>Which client it is: with the two below it names a call, also when it is sent again.</summary>
    public ulong ClientHash { get; set; }

    /// <summary>The client's number for the call.</summary>
    public uint Xid { get; set; }

    /// <summary>Checksum of the call's first bytes: numbers begin anew when a client does.</summary>
    public uint Checksum { get; set; }

    /// <summary>
    /// Which copy of the call: one that the client sends again is another one, what a front-end asks again is the same. Of a copy nobody
    /// knows where the first is.
    /// </summary>
    public ulong Copy { get; set; }

    /// <summary>
    /// Room for the results, which begin with the status (RFC 1813). Of READ they end behind the attributes, of WRITE and COMMIT behind
    /// those of before and after: the front-end adds the rest.
    /// </summary>
    public BufferSlice Results { get; set; }

    /// <summary>How much of it is used.</summary>
    public int ResultBytes { get; set; }

    /// <summary>Number of the file's contents, of READ and WRITE.</summary>
    public ulong File { get; set; }

    /// <summary>The file's length in bytes, of READ; of WRITE where what is to be written ends.</summary>
    public long Length { get; set; }

    /// <summary>
    /// Names a WRITE that has begun, for <see cref="FileService.EndWrite"/>; 0: none has, since another copy of the call has brought the data.
    /// </summary>
    public ulong Ticket { get; set; }

    /// <summary>Of WRITE: it is not asked for but told that its data is there, to be noted for good.</summary>
    public bool IsDone { get; set; }

    /// <summary>Of WRITE: another copy of the call was let write before this one.</summary>
    public bool IsRepeated { get; set; }

    /// <summary>The status in the results.</summary>
    public NfsStatus Status => (NfsStatus)new XdrReader(Results.Span[..ResultBytes]).UInt32();

    /// <summary>Begins another call.</summary>
    public void Begin(NfsProcedure procedure)
    {
        Procedure = procedure;
        (Handle, OtherHandle) = (default, default);
        (Offset, Count, Checksum, Copy) = (0, 0, 0, 0);
        (_argumentBytes, ResultBytes) = (0, 0);
        (File, Length, Ticket) = (0, 0, 0);
        (IsReadOnly, IsDone, IsRepeated) = (false, false, false);
    }

    /// <summary>Takes a copy of the arguments, at most <see cref="MaximumArgumentBytes"/>.</summary>
    public void SetArguments(ReadOnlySpan<byte> arguments)
    {
        Invariant.Check(arguments.Length <= MaximumArgumentBytes);
        if (arguments.Length > _arguments.Length)
            _arguments = new byte[MaximumArgumentBytes];
        arguments.CopyTo(_arguments);
        _argumentBytes = arguments.Length;
    }
}
