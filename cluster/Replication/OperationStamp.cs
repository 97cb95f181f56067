namespace Uss.Replication;

/// <summary>Which operation of a front-end this is, so that it takes effect once although it is tried at several primaries.</summary>
/// <param name="Id">Unique among the operations of the last seconds; 0 for one that is never repeated.</param>
/// <param name="ArrivedNs">When it arrived, on the primary's clock; at most that.</param>
/// <param name="IsRepeated">True when an earlier attempt may have taken effect.</param>
public readonly record struct OperationStamp(ulong Id, long ArrivedNs, bool IsRepeated)
{
    /// <summary>An operation of the primary's own.</summary>
    public static OperationStamp None => new(0, long.MaxValue - GroupContext.FreshnessNs, false);

    /// <summary>From then on it must not take effect: its initiator may have given up.</summary>
    public long UntilNs => ArrivedNs + GroupContext.FreshnessNs;
}
