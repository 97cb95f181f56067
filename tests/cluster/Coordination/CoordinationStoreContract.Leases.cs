namespace Uss.Coordination.Tests;

public abstract partial class CoordinationStoreContract
{
    /// <summary>Period of the leases in these tests: etcd knows none that is shorter.</summary>
    private protected const int LeaseTtlMs = 2000;

    [Test]
    public void Keys_of_a_lease_vanish_when_nobody_keeps_it()
    {
        var lease = Grant();
        Commit([], [Put("p/a", "1") with { Lease = lease }, Put("p/b", "1"), Put("p/c", "1") with { Lease = lease }]);
        var before = Get("p/a").Revision;
        var batch = Run(async () =>
        {
            using var watch = Store.Watch("p/", before);
            return await watch.NextAsync();
        });
        Assert.That(batch.Changes.OrderBy(change => change.Key), Is.EqualTo([Delete("p/a"), Delete("p/c")]));
        Assert.That(Run(() => Store.ListAsync("p/")).Entries.Select(entry => entry.Key), Is.EqualTo(["p/b"]));
        Assert.That(Keep(lease), Is.EqualTo(LeaseStatus.Ended));
    }

    [Test]
    public void A_lease_that_is_kept_lives_on()
    {
        var lease = Grant();
        Commit([], [Put("a", "1") with { Lease = lease }]);
        for (var i = 0; i < 5; i++)
        {
            PassTime(LeaseTtlMs / 4);
            Assert.That(Keep(lease), Is.EqualTo(LeaseStatus.Alive));
        }

        Assert.That(Get("a").Entries, Is.Not.Empty);
        Assert.That(Revoke(lease), Is.EqualTo(LeaseStatus.Ended));
    }

    [Test]
    public void A_lease_that_is_revoked_has_ended_with_its_keys()
    {
        var lease = Grant();
        var other = Grant();
        Assert.That(lease, Is.Not.Zero.And.Not.EqualTo(other));
        Commit([], [Put("a", "1") with { Lease = lease }, Put("b", "1") with { Lease = other }]);
        Assert.That(Revoke(lease), Is.EqualTo(LeaseStatus.Ended));
        Assert.That(Get("a").Entries, Is.Empty);
        Assert.That(Get("b").Entries, Is.Not.Empty);
        Assert.That(Revoke(lease), Is.EqualTo(LeaseStatus.Ended));
        Assert.That(Keep(lease), Is.EqualTo(LeaseStatus.Ended));
    }

    [Test]
    public void Nothing_is_put_under_a_lease_that_has_ended()
    {
        var before = Commit([], [Put("a", "1")]);
        var lease = Grant();
        Revoke(lease);
        Assert.That(Commit([], [Put("a", "2"), Put("b", "1") with { Lease = lease }]).Status, Is.EqualTo(CommitStatus.Conflict));
        Assert.That(Text(Get("a").Entries[0].Value), Is.EqualTo("1"));
        Assert.That(Get("b").Revision, Is.EqualTo(before.Revision));
    }

    [Test]
    public void The_last_put_of_a_key_decides_on_its_lease()
    {
        var lease = Grant();
        var other = Grant();
        Commit([], [Put("a", "1") with { Lease = lease }, Put("b", "1") with { Lease = lease }, Put("c", "1") with { Lease = lease }]);
        Commit([], [Put("a", "2"), Put("b", "2") with { Lease = other }, Delete("c")]);
        Commit([], [Put("c", "2")]);
        Revoke(lease);
        Assert.That(Run(() => Store.ListAsync("")).Entries.Select(entry => entry.Key), Is.EqualTo(["a", "b", "c"]));
        Revoke(other);
        Assert.That(Run(() => Store.ListAsync("")).Entries.Select(entry => entry.Key), Is.EqualTo(["a", "c"]));
    }

    /// <summary>Lets time pass for the store.</summary>
    private protected abstract void PassTime(int ms);

    private protected long Grant() => Run(() => Store.GrantLeaseAsync(LeaseTtlMs))!.Value;

    private protected LeaseStatus Keep(long lease) => Run(() => Store.KeepLeaseAsync(lease));

    private protected LeaseStatus Revoke(long lease) => Run(() => Store.RevokeLeaseAsync(lease));
}
