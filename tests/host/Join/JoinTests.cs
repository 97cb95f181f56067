using System.Text;
using Uss.Host.Cluster;
using Uss.Replication;
using Uss.Runtime;

namespace Uss.Host.Join;

/// <summary>Machines join through a node's real port, with good and with bad tokens.</summary>
public sealed class JoinTests
{
    private JoinFixture _host = null!;

    [SetUp]
    public async Task SetUp() => _host = await JoinFixture.StartAsync();

    [TearDown]
    public async Task TearDown() => await _host.DisposeAsync();

    [Test]
    public async Task A_token_lets_one_machine_in()
    {
        var token = await _host.MakeTokenAsync();
        var grant = (await JoinFixture.JoinAsync(token)).Value!;
        Assert.Multiple(() =>
        {
            Assert.That(grant.ClusterKey, Is.EqualTo(JoinFixture.Identity.Key));
            Assert.That(grant.Host, Is.EqualTo("n1"));
            Assert.That(grant.Etcd.Select(url => url.ToString()), Is.EqualTo(["http://127.0.0.1:2379/", "http://10.0.0.2:2379/"]));
        });
        Assert.That(await _host.RecordAsync("members/n2"), Does.Contain(grant.MemberId.ToString()));
        Assert.That(_host.Log, Does.Contain("\"n2\"").And.Contain("joined"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task The_machine_is_told_whether_nodes_encrypt(bool isEncrypting)
    {
        await using var host = await JoinFixture.StartAsync(isEncrypting: isEncrypting);
        var grant = (await JoinFixture.JoinAsync(await host.MakeTokenAsync())).Value!;
        Assert.That(grant.Tls, Is.EqualTo(isEncrypting));
        var bytes = grant.ToBytes();
        Assert.That(JoinGrant.Parse(bytes)!.Tls, Is.EqualTo(isEncrypting));

        // Nothing but the one byte may follow.
        Assert.That(JoinGrant.Parse([.. bytes, 0]), Is.Null);
        Assert.That(JoinGrant.Parse([.. bytes, 1, 1]), Is.Null);
    }

    [Test]
    public async Task A_token_is_good_once()
    {
        var token = await _host.MakeTokenAsync();
        Assert.That((await JoinFixture.JoinAsync(token)).IsOk);
        var again = await JoinFixture.JoinAsync(token, "n3", "10.0.0.3:7400");
        Assert.That(again.Fault!.Code, Is.EqualTo("token-in-use"));
        Assert.That(again.Fault.Message, Does.Contain("node n2 joined with it at"));
        Assert.That(await _host.RecordAsync("members/n3"), Is.Null);
    }

    [Test]
    public async Task Of_many_machines_with_one_token_one_gets_in()
    {
        var token = await _host.MakeTokenAsync();
        _host.Faults.MaximumDelayNs = 5_000_000;
        var tries = await Task.WhenAll(Enumerable.Range(2, 6).Select(i => JoinFixture.JoinAsync(token, $"n{i}", $"10.0.0.{i}:7400")));
        Assert.That(tries.Count(outcome => outcome.IsOk), Is.EqualTo(1));
        Assert.That(tries.Where(outcome => !outcome.IsOk).Select(outcome => outcome.Fault!.Code), Is.All.EqualTo("token-in-use"));
    }

    [Test]
    public async Task The_token_of_another_cluster_is_refused()
    {
        var other = ClusterIdentity.Create();
        Assert.That((await JoinFixture.JoinAsync(_host.Token(other))).Fault!.Code, Is.EqualTo("token-foreign"));
        var twin = other with { Id = JoinFixture.Identity.Id };
        Assert.That((await JoinFixture.JoinAsync(_host.Token(twin))).Fault!.Code, Is.EqualTo("token-refused"));
    }

    [Test]
    public async Task A_token_that_the_store_does_not_know_is_refused() =>
        Assert.That((await JoinFixture.JoinAsync(_host.Token(JoinFixture.Identity))).Fault!.Code, Is.EqualTo("token-unknown"));

    [Test]
    public async Task A_token_expires_by_the_clock_of_the_store()
    {
        var token = await _host.MakeTokenAsync(validMs: 1);
        while (await _host.RecordAsync(TokenRecord.FreshKeyOf(JoinKeys.HashOf(token.Id, token.Secret))) is not null)
            await Task.Yield();
        var late = await JoinFixture.JoinAsync(token);
        Assert.That(late.Fault!.Code, Is.EqualTo("token-expired"));
        Assert.That(late.Fault.Message, Does.Contain("made on n1"));
    }

    [Test]
    public async Task A_name_or_address_that_a_node_has_is_refused_and_the_token_stays_good()
    {
        var token = await _host.MakeTokenAsync();
        Assert.That((await JoinFixture.JoinAsync(token, "n1")).Fault!.Code, Is.EqualTo("node-exists"));
        Assert.That((await JoinFixture.JoinAsync(token, "n2", _host.Address.ToString())).Fault!.Code, Is.EqualTo("address-in-use"));
        Assert.That((await JoinFixture.JoinAsync(token)).IsOk);
    }

    [Test]
    public async Task The_machine_that_joined_last_is_the_node()
    {
        _host.Serving.Clear();
        var first = (await JoinFixture.JoinAsync(await _host.MakeTokenAsync())).Value!.MemberId;
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", first), Is.Null);
        var second = (await JoinFixture.JoinAsync(await _host.MakeTokenAsync())).Value!.MemberId;
        Assert.That((await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", first))!.Code, Is.EqualTo("node-replaced"));
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", second), Is.Null);
        await _host.PutAsync(MemberRecord.KeyOf("n2"), null);
        Assert.That((await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", second))!.Code, Is.EqualTo("node-removed"));

        // A note of the removal keeps out also who needs no member record, until a machine joins under the name.
        await _host.PutAsync(NodeRecord.RemovedKeyOf("n2"), "{}"u8.ToArray());
        Assert.That((await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", second, isFounder: true))!.Code, Is.EqualTo("node-removed"));
        Assert.That((await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", null))!.Code, Is.EqualTo("node-removed"));
        var third = (await JoinFixture.JoinAsync(await _host.MakeTokenAsync())).Value!.MemberId;
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n2", third), Is.Null);
    }

    [Test]
    public async Task A_founder_needs_no_token_and_another_clusters_node_finds_the_store_taken()
    {
        var founder = Guid.NewGuid();
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n1", founder, isFounder: true), Is.Null);
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n1", founder, isFounder: true), Is.Null);
        Assert.That((await _host.ClaimAsync(JoinFixture.Identity.Id, "n1", Guid.NewGuid(), isFounder: true))!.Code, Is.EqualTo("node-replaced"));
        Assert.That((await _host.ClaimAsync(Guid.NewGuid(), "n1", founder, isFounder: true))!.Code, Is.EqualTo("cluster-conflict"));
        Assert.That(await _host.ClaimAsync(JoinFixture.Identity.Id, "n9", null), Is.Null, "a node started with the cluster's file");
    }

    [Test]
    public async Task A_store_that_does_not_answer_costs_no_token()
    {
        var token = await _host.MakeTokenAsync();
        _host.Faults.IsDown = true;
        Assert.That((await JoinFixture.JoinAsync(token)).Fault!.Code, Is.EqualTo("join-unavailable"));
        _host.Faults.IsDown = false;
        Assert.That((await JoinFixture.JoinAsync(token)).IsOk);
    }

    [Test]
    public async Task Who_fails_often_has_to_wait()
    {
        var good = await _host.MakeTokenAsync();
        for (var i = 0; i < 10; i++)
            Assert.That((await JoinFixture.JoinAsync(_host.Token(ClusterIdentity.Create()))).Fault!.Code, Is.EqualTo("token-foreign"));
        Assert.That((await JoinFixture.JoinAsync(good)).Fault!.Code, Is.EqualTo("join-busy"));
    }

    [Test]
    public async Task Nobody_answers()
    {
        var token = await _host.MakeTokenAsync();
        var closed = new Endpoint(System.Net.IPAddress.Loopback, 1);
        var nobody = await JoinFixture.JoinAsync(token with { Addresses = [closed, closed] });
        Assert.That(nobody.Fault!.Code, Is.EqualTo("join-no-answer"));
        Assert.That(nobody.Fault.Message, Does.Contain("127.0.0.1:1"));
        Assert.That((await JoinFixture.JoinAsync(token with { Addresses = [closed, _host.Address] })).IsOk, "the next address is asked");
    }

    [Test]
    public async Task No_secret_is_kept_or_logged()
    {
        var token = await _host.MakeTokenAsync();
        Assert.That((await JoinFixture.JoinAsync(token)).IsOk);
        await JoinFixture.JoinAsync(token, "n3", "10.0.0.3:7400");
        var records = await _host.AllRecordsAsync();
        Assert.That(records, Does.Contain("tokens/"));
        foreach (var secret in (byte[][])[token.Secret, JoinFixture.Identity.Key])
        {
            foreach (var text in (string[])[Convert.ToHexStringLower(secret), Convert.ToBase64String(secret), Encoding.Latin1.GetString(secret)])
                Assert.That(records + _host.Log, Does.Not.Contain(text).IgnoreCase);
        }
    }
}
