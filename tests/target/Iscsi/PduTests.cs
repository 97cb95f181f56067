using FsCheck;
using FsCheck.Fluent;
using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Iscsi;

/// <summary>The PDU codecs: what is written is read again, no bytes make them throw, and fields stand where RFC 7143 puts them.</summary>
public sealed class PduTests
{
    private delegate bool Parser<T>(ReadOnlySpan<byte> source, out T pdu);

    private delegate void Writer<T>(in T pdu, Span<byte> target);

    private static readonly Codec[] _codecs =
    [
        Of<NopOut>(Opcode.NopOut, NopOut.TryParse, static (in NopOut pdu, Span<byte> target) => pdu.Write(target)),
        Of<ScsiRequest>(Opcode.ScsiCommand, ScsiRequest.TryParse, static (in ScsiRequest pdu, Span<byte> target) => pdu.Write(target)),
        Of<TaskManagementRequest>(
            Opcode.TaskManagementRequest,
            TaskManagementRequest.TryParse,
            static (in TaskManagementRequest pdu, Span<byte> target) => pdu.Write(target)),
        Of<LoginRequest>(Opcode.LoginRequest, LoginRequest.TryParse, static (in LoginRequest pdu, Span<byte> target) => pdu.Write(target)),
        Of<TextRequest>(Opcode.TextRequest, TextRequest.TryParse, static (in TextRequest pdu, Span<byte> target) => pdu.Write(target)),
        Of<DataOut>(Opcode.DataOut, DataOut.TryParse, static (in DataOut pdu, Span<byte> target) => pdu.Write(target)),
        Of<LogoutRequest>(Opcode.LogoutRequest, LogoutRequest.TryParse, static (in LogoutRequest pdu, Span<byte> target) =>
            pdu.Write(target)),
        Of<SnackRequest>(Opcode.SnackRequest, SnackRequest.TryParse, static (in SnackRequest pdu, Span<byte> target) => pdu.Write(target)),
        Of<NopIn>(Opcode.NopIn, NopIn.TryParse, static (in NopIn pdu, Span<byte> target) => pdu.Write(target)),
        Of<ScsiResponse>(Opcode.ScsiResponse, ScsiResponse.TryParse, static (in ScsiResponse pdu, Span<byte> target) => pdu.Write(target)),
        Of<TaskManagementResponse>(
            Opcode.TaskManagementResponse,
            TaskManagementResponse.TryParse,
            static (in TaskManagementResponse pdu, Span<byte> target) => pdu.Write(target)),
        Of<LoginResponse>(Opcode.LoginResponse, LoginResponse.TryParse, static (in LoginResponse pdu, Span<byte> target) =>
            pdu.Write(target)),
        Of<TextResponse>(Opcode.TextResponse, TextResponse.TryParse, static (in TextResponse pdu, Span<byte> target) => pdu.Write(target)),
        Of<DataIn>(Opcode.DataIn, DataIn.TryParse, static (in DataIn pdu, Span<byte> target) => pdu.Write(target)),
        Of<LogoutResponse>(Opcode.LogoutResponse, LogoutResponse.TryParse, static (in LogoutResponse pdu, Span<byte> target) =>
            pdu.Write(target)),
        Of<ReadyToTransfer>(
            Opcode.ReadyToTransfer, ReadyToTransfer.TryParse, static (in ReadyToTransfer pdu, Span<byte> target) => pdu.Write(target)),
        Of<AsyncMessage>(Opcode.AsyncMessage, AsyncMessage.TryParse, static (in AsyncMessage pdu, Span<byte> target) => pdu.Write(target)),
        Of<Reject>(Opcode.Reject, Reject.TryParse, static (in Reject pdu, Span<byte> target) => pdu.Write(target)),
    ];

    private static IEnumerable<string> Names => _codecs.Select(codec => codec.Name);

    [TestCaseSource(nameof(Names))]
    public void What_is_read_is_written_the_same(string name)
    {
        var codec = _codecs.Single(candidate => candidate.Name == name);
        var headers = Gen.ArrayOf(ArbMap.Default.GeneratorFor<byte>(), BasicHeader.Size).ToArbitrary();
        Prop.ForAll(headers, bytes =>
        {
            bytes[0] = (byte)((bytes[0] & 0x40) | (byte)codec.Opcode);
            var first = codec.Recode(bytes);
            Assert.That(first, Is.Not.Null);
            var second = codec.Recode(first!.Value.Written);
            Assert.That(second!.Value.Pdu, Is.EqualTo(first.Value.Pdu));
            Assert.That(second.Value.Written, Is.EqualTo(first.Value.Written));
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void No_bytes_make_a_codec_throw() => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var codec in _codecs)
        {
            var recoded = codec.Recode(bytes);
            var isWhole = bytes.Length >= BasicHeader.Size && BasicHeader.OpcodeOf(bytes) == codec.Opcode;
            Assert.That(recoded.HasValue, Is.EqualTo(isWhole));
        }
    }).QuickCheckThrowOnFailure();

    [Test]
    public void Fields_of_a_command_stand_where_the_standard_puts_them()
    {
        var header = new byte[BasicHeader.Size];
        new ScsiRequest
        {
            IsFinal = true,
            IsWrite = true,
            Attribute = 1,
            DataSegmentLength = 0x001000,
            Lun = 0x0001_0000_0000_0000,
            InitiatorTaskTag = 0x11223344,
            ExpectedDataTransferLength = 0x2000,
            CmdSn = 7,
            ExpStatSn = 9,
            Cdb = new UInt128(0x2A00_0000_0010_0000, 0x1000_0000_0000_0000),
        }.Write(header);
        Assert.That(Convert.ToHexString(header), Is.EqualTo(
            "01A10000" + "00001000" + "0001000000000000" + "11223344" + "00002000" + "00000007" + "00000009"
            + "2A000000001000001000000000000000"));
    }

    [Test]
    public void Fields_of_the_last_data_in_stand_where_the_standard_puts_them()
    {
        var header = new byte[BasicHeader.Size];
        new DataIn
        {
            IsFinal = true,
            IsUnderflow = true,
            HasStatus = true,
            Status = 0,
            DataSegmentLength = 36,
            InitiatorTaskTag = 5,
            TargetTransferTag = BasicHeader.NoTag,
            StatSn = 1,
            ExpCmdSn = 2,
            MaxCmdSn = 3,
            DataSn = 4,
            BufferOffset = 0x100,
            Residual = 219,
        }.Write(header);
        Assert.That(Convert.ToHexString(header), Is.EqualTo(
            "25830000" + "00000024" + "0000000000000000" + "00000005" + "FFFFFFFF" + "00000001" + "00000002" + "00000003"
            + "00000004" + "00000100" + "000000DB"));
    }

    [Test]
    public void Fields_of_a_login_request_stand_where_the_standard_puts_them()
    {
        var header = new byte[BasicHeader.Size];
        new LoginRequest
        {
            IsTransit = true,
            CurrentStage = LoginStage.Operational,
            NextStage = LoginStage.FullFeature,
            Isid = 0x00023D000001,
            Tsih = 0x0203,
            InitiatorTaskTag = 1,
            ConnectionId = 0x0405,
            CmdSn = 6,
            ExpStatSn = 7,
            DataSegmentLength = 8,
        }.Write(header);
        Assert.That(Convert.ToHexString(header), Is.EqualTo(
            "43870000" + "00000008" + "00023D000001" + "0203" + "00000001" + "04050000" + "00000006" + "00000007"
            + "00000000000000000000000000000000"));
    }

    private static Codec Of<T>(Opcode opcode, Parser<T> parse, Writer<T> write)
        where T : struct => new(
            opcode,
            bytes =>
            {
                if (!parse(bytes, out var pdu))
                    return null;
                var written = new byte[BasicHeader.Size];
                Array.Fill(written, (byte)0xEE);
                write(in pdu, written);
                return (pdu, written);
            });

    private sealed record Codec(Opcode Opcode, Func<byte[], (object Pdu, byte[] Written)?> Recode)
    {
        public string Name => Opcode.ToString();
    }
}
