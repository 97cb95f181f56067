using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Uss.EndToEnd.Iscsi;

/// <summary>
/// One session of libiscsi to one LUN, one command at a time. To be made and used on one thread in the sandbox's network.
/// </summary>
internal sealed unsafe class LibiscsiSession : IDisposable
{
    /// <summary>Bytes in a logical block of a USS volume.</summary>
    public const int SectorSize = 512;

    private const int TimeoutSeconds = 30;

    private readonly int _lun;
    private nint _context;

    private LibiscsiSession(nint context, int lun)
    {
        _context = context;
        _lun = lun;
    }

    /// <summary>Logs in.</summary>
    /// <param name="sessionNumber">Number in the session identifier, for a session that comes back as the same initiator port.</param>
    /// <param name="timeoutSeconds">A command that has no answer after so long counts as lost with its session.</param>
    /// <exception cref="SessionLostException">The target is not there or refuses.</exception>
    public static LibiscsiSession Connect(
        string portal, string targetIqn, int lun, string initiatorIqn, uint? sessionNumber = null, int timeoutSeconds = TimeoutSeconds)
    {
        var context = Libiscsi.CreateContext(initiatorIqn);
        if (sessionNumber is { } number)
            _ = Libiscsi.SetIsid(context, number, 1);
        var session = new LibiscsiSession(context, lun);
        Libiscsi.SetTargetName(context, targetIqn);
        Libiscsi.SetSessionType(context, Libiscsi.NormalSession);
        Libiscsi.SetTimeout(context, timeoutSeconds);
        // A lost session must be seen, not mended behind the test's back.
        Libiscsi.SetNoAutoReconnect(context, 1);
        if (Libiscsi.Connect(context, portal, lun) == 0)
            return session;
        var error = Libiscsi.GetError(context);
        session.Dispose();
        throw new SessionLostException(error);
    }

    /// <summary>READ(16).</summary>
    /// <param name="offsetBytes">Multiple of the sector size, as the buffer's length is.</param>
    public void Read(long offsetBytes, Span<byte> data)
    {
        fixed (byte* start = data)
        {
            var vector = new Libiscsi.IoVector { Base = start, Length = (nuint)data.Length };
            Complete(Libiscsi.Read16(
                _context, _lun, (ulong)(offsetBytes / SectorSize), (uint)data.Length, SectorSize, 0, 0, 0, 0, 0, &vector, 1), "READ");
        }
    }

    /// <summary>WRITE(16). When it returns, the target has acknowledged the write.</summary>
    /// <inheritdoc cref="Read"/>
    public void Write(long offsetBytes, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            var vector = new Libiscsi.IoVector { Base = start, Length = (nuint)data.Length };
            Complete(Libiscsi.Write16(
                _context, _lun, (ulong)(offsetBytes / SectorSize), null, (uint)data.Length, SectorSize, 0, 0, 0, 0, 0, &vector, 1), "WRITE");
        }
    }

    /// <summary>A command without data or with data-out.</summary>
    /// <exception cref="CommandRefusedException">It ended with another status than GOOD; the message has the sense data.</exception>
    public void Run(ReadOnlySpan<byte> cdb, ReadOnlySpan<byte> dataOut = default)
    {
        const int NoData = 0;
        const int Write = 2;
        fixed (byte* cdbStart = cdb, dataStart = dataOut)
        {
            var data = new Libiscsi.Data { Length = (nuint)dataOut.Length, Bytes = dataStart };
            var task = Libiscsi.CreateTask(cdb.Length, cdbStart, dataOut.IsEmpty ? NoData : Write, dataOut.Length);
            Complete(Libiscsi.Command(_context, _lun, task, dataOut.IsEmpty ? null : &data), $"command 0x{cdb[0]:x2}");
        }
    }

    /// <summary>UNMAP (SBC-4, 5.33) with one descriptor.</summary>
    /// <param name="offsetBytes">Multiple of the sector size.</param>
    /// <param name="bytes">Multiple of the sector size.</param>
    public void Unmap(long offsetBytes, long bytes)
    {
        Span<byte> list = stackalloc byte[24];
        list.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(list, 22);
        BinaryPrimitives.WriteUInt16BigEndian(list[2..], 16);
        BinaryPrimitives.WriteInt64BigEndian(list[8..], offsetBytes / SectorSize);
        BinaryPrimitives.WriteInt32BigEndian(list[16..], (int)(bytes / SectorSize));
        Run([0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0], list);
    }

    /// <summary>Logs out in good order.</summary>
    public void Logout() => Libiscsi.Logout(_context);

    public void Dispose()
    {
        if (_context == 0)
            return;
        Libiscsi.DestroyContext(_context);
        _context = 0;
    }

    private void Complete(nint task, string command)
    {
        if (task == 0)
            throw new SessionLostException($"{command}: {Libiscsi.GetError(_context)}");
        var status = Marshal.ReadInt32(task);
        Libiscsi.FreeTask(task);
        // 0x0f000000 and above are libiscsi's own: the command was cancelled because the connection is gone.
        if (status >= 0x0f000000)
            throw new SessionLostException($"{command}: {Libiscsi.GetError(_context)}");
        if (status == CommandRefusedException.Busy)
            throw new CommandRefusedException($"{command} ended with BUSY") { IsBusy = true };
        if (status != 0)
            throw new CommandRefusedException($"{command} ended with SCSI status 0x{status:x2}: {Libiscsi.GetError(_context)}");
    }
}

/// <summary>The connection is gone or never was: nothing is known about the command under way.</summary>
internal sealed class SessionLostException(string message) : Exception(message);

/// <summary>The target answered, with an error.</summary>
internal sealed class CommandRefusedException(string message) : Exception(message)
{
    /// <summary>SCSI status BUSY (SAM-5, 5.3.1).</summary>
    public const int Busy = 0x08;

    /// <summary>True when it ended with BUSY: an initiator sends the command again a little later.</summary>
    public bool IsBusy { get; init; }

    /// <summary>DATA PROTECT, SPACE ALLOCATION FAILED WRITE PROTECT (SBC-4, 4.7.3.6).</summary>
    public bool IsSpaceRefusal => Message.Contains("0x2707", StringComparison.Ordinal);

    /// <summary>UNIT ATTENTION: news instead of an answer, the command was not looked at.</summary>
    public bool IsUnitAttention => Message.Contains("UNIT_ATTENTION", StringComparison.Ordinal);
}
