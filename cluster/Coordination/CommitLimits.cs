using Uss.Runtime;

namespace Uss.Coordination;

/// <summary>What every store demands of a commit, so that code that works on one of them works on all.</summary>
public static class CommitLimits
{
    /// <summary>Most conditions, and most changes, of one commit: etcd's default for a transaction (<c>--max-txn-ops</c>).</summary>
    public const int MaximumOperations = 128;

    /// <summary>Most bytes of keys and values of one commit; etcd's default for a request is half as much again.</summary>
    public const int MaximumBytes = 1 << 20;

    /// <summary>Stops at a commit that etcd would refuse: who makes it has to split it.</summary>
    internal static void Check(IReadOnlyList<Condition> conditions, IReadOnlyList<Change> changes)
    {
        Invariant.Check(conditions.Count <= MaximumOperations);
        Invariant.Check(changes.Count <= MaximumOperations);
        var bytes = 0L;
        for (var i = 0; i < changes.Count; i++)
        {
            bytes += changes[i].Key.Length + (changes[i].Value?.Length ?? 0);
            Invariant.Check(changes[i].Value is not null || changes[i].Lease == 0);
            for (var j = 0; j < i; j++)
                Invariant.Check(changes[i].Key != changes[j].Key);
        }

        Invariant.Check(bytes <= MaximumBytes);
    }
}
