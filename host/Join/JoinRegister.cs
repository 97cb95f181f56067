using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Uss.Coordination;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>The records of tokens and members in the coordination store. On the reactor.</summary>
/// <param name="coordination">The store.</param>
/// <param name="reactor">The reactor, for the time that records tell.</param>
internal sealed class JoinRegister(ICoordinationStore coordination, Reactor reactor)
{
    // How long after its time a token is told from one that never was.
    private const long RememberedMs = 24 * 3_600_000L;

    private static readonly Fault _unavailable = new(
        "records-unavailable", "The coordination store does not answer.", "Start etcd again; most of its members must run.");

    /// <summary>Why somebody may not join, and what may be told of it; none when admitted.</summary>
    /// <param name="Refusal">None: admitted.</param>
    /// <param name="Details">In words.</param>
    /// <param name="MemberId">The new member's id.</param>
    public readonly record struct Verdict(JoinRefusal Refusal, string Details = "", Guid MemberId = default);

    /// <summary>Notes a fresh token.</summary>
    public async ValueTask<Fault?> AddTokenAsync(string hash, string madeBy, TimeSpan valid)
    {
        // Two leases: the short one ends the token's time by the store's clock, the long one clears its record away later.
        var validMs = (long)valid.TotalMilliseconds;
        if (await coordination.GrantLeaseAsync(validMs) is not { } fresh
            || await coordination.GrantLeaseAsync(validMs + RememberedMs) is not { } remembered)
        {
            return _unavailable;
        }

        var record = new TokenRecord { Made = reactor.UtcNow, MadeBy = madeBy, ValidSeconds = (long)valid.TotalSeconds };
        var commit = await coordination.CommitAsync(
            [new Condition(TokenRecord.KeyOf(hash), 0)],
            [
                Put(TokenRecord.KeyOf(hash), record, JoinJson.Default.TokenRecord, remembered),
                new Change(TokenRecord.FreshKeyOf(hash), "{}"u8.ToArray(), fresh),
            ]);
        return commit.Status == CommitStatus.Applied ? null : _unavailable;
    }

    /// <summary>Uses a token up and makes its bearer a member, in one commit; or says why not.</summary>
    /// <param name="hash">The token.</param>
    /// <param name="name">The node that joins.</param>
    /// <param name="listen">Where it will listen.</param>
    /// <param name="memberId">Its id, if it is admitted.</param>
    /// <param name="isAlive">Whether a node that is known serves, or may serve.</param>
    public async ValueTask<Verdict> AdmitAsync(string hash, string name, Endpoint listen, Guid memberId, Func<string, bool> isAlive)
    {
        var token = await coordination.GetAsync(TokenRecord.KeyOf(hash));
        var fresh = await coordination.GetAsync(TokenRecord.FreshKeyOf(hash));
        var member = await coordination.GetAsync(MemberRecord.KeyOf(name));
        var nodes = await coordination.ListAsync(NodeRecord.Prefix);
        if (!token.IsAvailable || !fresh.IsAvailable || !member.IsAvailable || !nodes.IsAvailable)
            return new Verdict(JoinRefusal.Unavailable);
        if (token.Entries.Count == 0)
            return new Verdict(JoinRefusal.Unknown);
        var read = CoordinationJson.Read(token.Entries[0].Key, token.Entries[0].Value, JoinJson.Default.TokenRecord);
        if (!read.IsOk)
            return new Verdict(JoinRefusal.Unavailable);
        var record = read.Value;
        if (record.UsedBy is { } user)
            return new Verdict(JoinRefusal.Used, string.Create(CultureInfo.InvariantCulture, $"node {user} joined with it at {record.Used:u}"));
        if (fresh.Entries.Count == 0)
        {
            return new Verdict(
                JoinRefusal.Expired,
                string.Create(CultureInfo.InvariantCulture, $"it was made on {record.MadeBy} and good for {record.ValidSeconds} s"));
        }

        if (FindClash(nodes.Entries, name, listen, isAlive) is { } clash)
            return clash;
        var commit = await coordination.CommitAsync(
            [
                new Condition(token.Entries[0].Key, token.Entries[0].ModifiedRevision),
                new Condition(fresh.Entries[0].Key, fresh.Entries[0].ModifiedRevision),
                new Condition(MemberRecord.KeyOf(name), member.Entries.Count == 0 ? 0 : member.Entries[0].ModifiedRevision),
            ],
            [
                Put(token.Entries[0].Key, record with { UsedBy = name, Used = reactor.UtcNow }, JoinJson.Default.TokenRecord),
                new Change(fresh.Entries[0].Key, null),
                Put(
                    MemberRecord.KeyOf(name),
                    new MemberRecord { Name = name, Id = memberId, Joined = reactor.UtcNow },
                    JoinJson.Default.MemberRecord),
                new Change(NodeRecord.RemovedKeyOf(name), null),
            ]);
        return commit.Status switch
        {
            CommitStatus.Applied => new Verdict(JoinRefusal.None, "", memberId),
            CommitStatus.Conflict => new Verdict(JoinRefusal.Used, "another machine was faster"),
            _ => new Verdict(JoinRefusal.Unavailable),
        };
    }

    /// <summary>
    /// At the start of a node: claims the coordination store for the cluster, and checks that this machine is the one that
    /// last joined under the node's name.
    /// </summary>
    /// <param name="clusterId">The cluster.</param>
    /// <param name="name">The node.</param>
    /// <param name="memberId">What it was given when it joined; null: it was started with the cluster's file alone.</param>
    /// <param name="isFounder">It made the cluster, so nobody admitted it.</param>
    public async ValueTask<Fault?> ClaimAsync(Guid clusterId, string name, Guid? memberId, bool isFounder)
    {
        if (await ClaimClusterAsync(clusterId) is { } foreign)
            return foreign;
        var removed = await coordination.GetAsync(NodeRecord.RemovedKeyOf(name));
        if (!removed.IsAvailable)
            return _unavailable;
        if (removed.Entries.Count > 0)
            return NodeRecord.Removed(name, memberId is not null);
        if (memberId is not { } own)
            return null;
        var key = MemberRecord.KeyOf(name);
        var read = await coordination.GetAsync(key);
        if (!read.IsAvailable)
            return _unavailable;
        if (read.Entries.Count == 0)
        {
            if (!isFounder)
                return NodeRecord.Removed(name);
            var founder = new MemberRecord { Name = name, Id = own, Joined = reactor.UtcNow };
            var commit = await coordination.CommitAsync([new Condition(key, 0)], [Put(key, founder, JoinJson.Default.MemberRecord)]);
            return commit.Status == CommitStatus.Applied ? null : _unavailable;
        }

        var member = CoordinationJson.Read(key, read.Entries[0].Value, JoinJson.Default.MemberRecord);
        if (!member.IsOk)
            return member.Fault;
        return member.Value.Id == own ? null : new Fault(
            "node-replaced",
            string.Create(
                CultureInfo.InvariantCulture,
                $"Another machine joined the cluster as node {name} at {member.Value.Joined:u}: this data folder is of an older incarnation."),
            "Leave this one down, or let it join under another name with a fresh token and an empty data folder.");
    }

    private async ValueTask<Fault?> ClaimClusterAsync(Guid clusterId)
    {
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var read = await coordination.GetAsync(ClusterRecord.Key);
            if (!read.IsAvailable)
                return _unavailable;
            if (read.Entries.Count > 0)
            {
                var record = CoordinationJson.Read(ClusterRecord.Key, read.Entries[0].Value, JoinJson.Default.ClusterRecord);
                if (!record.IsOk)
                    return record.Fault;
                return record.Value.Id == clusterId ? null : new Fault(
                    "cluster-conflict",
                    $"etcd holds the state of cluster {record.Value.Id}, and this node belongs to cluster {clusterId}.",
                    "Give the etcd of the node's own cluster with --etcd, or start a new cluster on an etcd of its own.");
            }

            var mine = Put(ClusterRecord.Key, new ClusterRecord { Id = clusterId }, JoinJson.Default.ClusterRecord);
            var commit = await coordination.CommitAsync([new Condition(ClusterRecord.Key, 0)], [mine]);
            if (commit.Status == CommitStatus.Applied)
                return null;
        }

        return _unavailable;
    }

    private static Verdict? FindClash(IReadOnlyList<Entry> nodes, string name, Endpoint listen, Func<string, bool> isAlive)
    {
        foreach (var entry in nodes)
        {
            var node = CoordinationJson.Read(entry.Key, entry.Value, ReplicationJson.Default.NodeRecord);
            if (!node.IsOk)
                continue;
            if (node.Value.Name == name && isAlive(name))
                return new Verdict(JoinRefusal.NameTaken, $"{name} at {node.Value.Endpoint}");
            if (node.Value.Name != name && node.Value.Endpoint == listen.ToString())
                return new Verdict(JoinRefusal.AddressTaken, $"{node.Value.Name} at {node.Value.Endpoint}");
        }

        return null;
    }

    private static Change Put<T>(string key, T record, JsonTypeInfo<T> type, long lease = 0) =>
        new(key, CoordinationJson.Write(record, type), lease);
}
