using Uss.Target.Iscsi;

namespace Uss.Target.Tests.Support;

/// <summary>A PDU as it came over the wire, digests checked and removed.</summary>
internal sealed record TestPdu(byte[] Header, byte[] Data)
{
    public Opcode Opcode => BasicHeader.OpcodeOf(Header);

    public uint InitiatorTaskTag => BasicHeader.InitiatorTaskTag(Header);

    public uint StatSn => BasicHeader.GetUInt32(Header, BasicHeader.StatSnOffset);

    public uint ExpCmdSn => BasicHeader.GetUInt32(Header, 28);

    public uint MaxCmdSn => BasicHeader.GetUInt32(Header, 32);

    public LoginResponse AsLogin() => LoginResponse.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public ScsiResponse AsResponse() => ScsiResponse.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public DataIn AsDataIn() => DataIn.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public ReadyToTransfer AsReadyToTransfer() => ReadyToTransfer.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public TaskManagementResponse AsTaskManagement() =>
        TaskManagementResponse.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public TextResponse AsText() => TextResponse.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public LogoutResponse AsLogout() => LogoutResponse.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public Reject AsReject() => Reject.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public NopIn AsNopIn() => NopIn.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    public AsyncMessage AsAsyncMessage() => AsyncMessage.TryParse(Header, out var pdu) ? pdu : throw Unexpected();

    /// <summary>The pairs of a login or text answer.</summary>
    public Dictionary<string, string> Keys()
    {
        var pairs = new List<KeyValuePair<string, string>>();
        if (!TextKeys.TryParse(Data, pairs, out var problem))
            throw new InvalidOperationException(problem);
        return pairs.ToDictionary();
    }

    public override string ToString() => $"{Opcode} {Convert.ToHexString(Header)} + {Data.Length} bytes";

    private InvalidOperationException Unexpected() => new("unexpected PDU " + this);
}
