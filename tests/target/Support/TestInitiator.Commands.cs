using System.Buffers.Binary;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Support;

internal sealed partial class TestInitiator
{
    /// <summary>LUN as eight bytes, single-level peripheral addressing.</summary>
    public static ulong LunOf(int lun) => (ulong)lun << 48;

    public static byte[] Read10(uint block, int blocks) => Block10(0x28, block, blocks);

    public static byte[] Write10(uint block, int blocks) => Block10(0x2A, block, blocks);

    private static byte[] Block10(byte opcode, uint block, int blocks)
    {
        var cdb = new byte[10];
        cdb[0] = opcode;
        BinaryPrimitives.WriteUInt32BigEndian(cdb.AsSpan(2), block);
        BinaryPrimitives.WriteUInt16BigEndian(cdb.AsSpan(7), (ushort)blocks);
        return cdb;
    }

    /// <summary>Reads and waits for the answer.</summary>
    public async ValueTask<TestCommand> ReadAsync(byte[] cdb, int expectedLength, int lun = 0) =>
        await Start(cdb, lun: lun, expectedLength: (uint)expectedLength, isRead: true).Completion;

    /// <summary>Writes and waits for the answer.</summary>
    public async ValueTask<TestCommand> WriteAsync(byte[] cdb, byte[] data, int lun = 0) =>
        await Start(cdb, data, lun: lun, expectedLength: (uint)data.Length, isWrite: true).Completion;

    /// <summary>A command without data.</summary>
    public async ValueTask<TestCommand> RunAsync(byte[] cdb, int lun = 0) => await Start(cdb, lun: lun).Completion;

    /// <summary>
    /// Starts a command. Data-out goes out as negotiated: immediate, then unsolicited, then by R2T; <paramref name="immediate"/>
    /// and <paramref name="unsolicited"/> (bytes) override that.
    /// </summary>
    public TestCommand Start(
        byte[] cdb,
        byte[]? dataOut = null,
        int lun = 0,
        uint expectedLength = 0,
        bool isRead = false,
        bool isWrite = false,
        bool isImmediate = false,
        int? immediate = null,
        int? unsolicited = null,
        bool keepsRequests = false,
        byte attribute = 1,
        uint? tag = null,
        uint? cmdSn = null,
        byte[]? additional = null)
    {
        dataOut ??= [];
        var command = new TestCommand { Tag = tag ?? NextTag++, DataOut = dataOut, KeepsRequests = keepsRequests };
        _commands[command.Tag] = command;
        var firstBurst = Math.Min(dataOut.Length, Number("FirstBurstLength", 65536));
        var mayImmediate = Negotiated.GetValueOrDefault("ImmediateData", "Yes") == "Yes";
        var mayUnsolicited = Negotiated.GetValueOrDefault("InitialR2T", "Yes") == "No";
        var first = immediate ?? (isWrite && mayImmediate ? Math.Min(firstBurst, TargetSegmentLength) : 0);
        var next = unsolicited ?? (isWrite && mayUnsolicited ? firstBurst - first : 0);
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        var padded = new byte[16];
        cdb.CopyTo(padded.AsSpan());
        new ScsiRequest
        {
            IsImmediate = isImmediate,
            IsFinal = next == 0,
            IsRead = isRead,
            IsWrite = isWrite,
            Attribute = attribute,
            Lun = LunOf(lun),
            InitiatorTaskTag = command.Tag,
            ExpectedDataTransferLength = expectedLength,
            CmdSn = cmdSn ?? CmdSn,
            ExpStatSn = ExpStatSn,
            Cdb = BinaryPrimitives.ReadUInt128BigEndian(padded),
        }.Write(header);
        if (!isImmediate && cmdSn is null)
            CmdSn++;
        if (additional is null)
        {
            Send(header, dataOut.AsSpan(0, first));
        }
        else
        {
            header[4] = (byte)(additional.Length / 4);
            SendRaw([.. header, .. additional]);
        }

        SendData(command, BasicHeader.NoTag, first, next);
        return command;
    }

    /// <summary>Sends what an R2T asks for.</summary>
    public void AnswerRequest(TestCommand command, in ReadyToTransfer request) =>
        SendData(command, request.TargetTransferTag, (int)request.BufferOffset, (int)request.DesiredDataTransferLength);

    /// <summary>Sends a part of the data-out as one sequence.</summary>
    public void SendData(TestCommand command, uint transferTag, int offset, int length)
    {
        uint dataSn = 0;
        for (var sent = 0; sent < length;)
        {
            var segment = Math.Min(length - sent, TargetSegmentLength);
            SendDataOut(command, transferTag, dataSn++, offset + sent, command.DataOut.AsSpan(offset + sent, segment),
                sent + segment == length);
            sent += segment;
        }
    }

    public void SendDataOut(
        TestCommand command, uint transferTag, uint dataSn, int offset, ReadOnlySpan<byte> data, bool isFinal, bool spoilDataDigest = false)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new DataOut
        {
            IsFinal = isFinal,
            InitiatorTaskTag = command.Tag,
            TargetTransferTag = transferTag,
            ExpStatSn = ExpStatSn,
            DataSn = dataSn,
            BufferOffset = (uint)offset,
        }.Write(header);
        Send(header, data, spoilDataDigest);
    }

    /// <summary>A task management function and its response code; -1 when the connection ends instead.</summary>
    public async ValueTask<int> ManageAsync(byte function, int lun = 0, uint referencedTag = BasicHeader.NoTag, uint refCmdSn = 0)
    {
        SendManagement(function, lun, referencedTag, refCmdSn);
        return await ReceiveAsync() is { } answer ? answer.AsTaskManagement().Response : -1;
    }

    public uint SendManagement(byte function, int lun = 0, uint referencedTag = BasicHeader.NoTag, uint refCmdSn = 0)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        var tag = NextTag++;
        new TaskManagementRequest
        {
            IsImmediate = true,
            Function = function,
            Lun = LunOf(lun),
            InitiatorTaskTag = tag,
            ReferencedTaskTag = referencedTag,
            CmdSn = CmdSn,
            RefCmdSn = refCmdSn,
            ExpStatSn = ExpStatSn,
        }.Write(header);
        Send(header);
        return tag;
    }

    /// <summary>Logs out and waits until the connection is closed: the response code, or -1.</summary>
    public async ValueTask<int> LogoutAsync(byte reason = 0, ushort connectionId = 0)
    {
        SendLogout(reason, connectionId);
        return await ReceiveAsync() is { } answer ? answer.AsLogout().Response : -1;
    }

    public void SendLogout(byte reason = 0, ushort connectionId = 0)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new LogoutRequest
        {
            IsImmediate = true,
            Reason = reason,
            InitiatorTaskTag = NextTag++,
            ConnectionId = connectionId,
            CmdSn = CmdSn,
            ExpStatSn = ExpStatSn,
        }.Write(header);
        Send(header);
    }

    /// <summary>A ping of the initiator's; the echoed data, or null.</summary>
    public async ValueTask<byte[]?> PingAsync(byte[] data)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new NopOut
        {
            IsImmediate = true,
            InitiatorTaskTag = NextTag++,
            TargetTransferTag = BasicHeader.NoTag,
            CmdSn = CmdSn,
            ExpStatSn = ExpStatSn,
        }.Write(header);
        Send(header, data);
        return (await ReceiveAsync())?.Data;
    }

    /// <summary>A text request and its answer.</summary>
    public async ValueTask<TestPdu?> TextAsync(string text, uint transferTag = BasicHeader.NoTag, bool isFinal = true,
        bool isContinued = false)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new TextRequest
        {
            IsFinal = isFinal,
            IsContinued = isContinued,
            InitiatorTaskTag = NextTag++,
            TargetTransferTag = transferTag,
            CmdSn = CmdSn++,
            ExpStatSn = ExpStatSn,
        }.Write(header);
        Send(header, System.Text.Encoding.UTF8.GetBytes(text));
        return await ReceiveAsync();
    }

    public void Forget(TestCommand command) => _commands.Remove(command.Tag);

    private int Number(string key, int otherwise) =>
        int.TryParse(Negotiated.GetValueOrDefault(key), out var value) ? value : otherwise;
}
