using Uss.Replication.Rpc;

namespace Uss.Replication;

/// <summary>Room for what the owner of a metadata space answers.</summary>
public sealed class OwnerAnswer
{
    /// <summary>Most bytes of a question or an answer.</summary>
    public const int MaximumBytes = RpcLimits.DetailBytes;

    /// <summary>The room.</summary>
    public byte[] Buffer { get; } = new byte[MaximumBytes];

    /// <summary>How much of it the answer takes.</summary>
    public int Length { get; set; }
}
