using Uss.Coordination.Etcd;
using Uss.Runtime;
using Uss.Runtime.Threaded;

namespace Uss.Coordination.Tests.Etcd;

[TestFixture(false)]
[TestFixture(true)]
[Category("Full")]
public sealed class EtcdCoordinationStoreTests(bool isSilentWhenCut) : SharedCoordinationStoreContract
{
    // A change that never comes fails by this; it decides nothing else.
    private static readonly TimeSpan _hangLimit = TimeSpan.FromSeconds(60);

    private readonly List<ICoordinationStore> _stores = [];
    private ThreadedReactor _reactor = null!;
    private EtcdCluster _cluster = null!;
    private Relay _relay = null!;

    [SetUp]
    public void SetUp()
    {
        _reactor = ReactorFactory.Create(new ReactorOptions()).Value.Reactor;
        _reactor.Start();
        _cluster = new EtcdCluster(1);
        _relay = new Relay(_cluster.ClientPort(0));
        Connect();
    }

    [TearDown]
    public void TearDown()
    {
        foreach (var store in _stores)
            Run(() => CloseAsync(store));
        _stores.Clear();
        _relay.Dispose();
        _cluster.Dispose();
        _reactor.StopAsync().Wait();
    }

    [Test]
    public void Clusters_of_different_prefixes_do_not_see_each_other()
    {
        var other = Run(() => EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = _cluster.Endpoints, Prefix = "/uss/sub/" })).Value!;
        _stores.Add(other);
        Run(() => other.CommitAsync([], [Put("a", "1")]));
        Assert.That(Get("a").Entries, Is.Empty);
        Assert.That(Run(() => Store.ListAsync("")).Entries.Select(entry => entry.Key), Is.EqualTo(["sub/a"]));
        Assert.That(Run(() => other.ListAsync("")).Entries.Select(entry => entry.Key), Is.EqualTo(["a"]));
    }

    [Test]
    public void Keys_and_values_of_all_kinds_come_back()
    {
        var value = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        foreach (var key in new[] { "plain", "with space", "\u00fc\u4e2d\U0001f600", "quote\"\\", "+/=" })
        {
            Commit([], [new Change(key, value), new Change(key + "empty", ReadOnlyMemory<byte>.Empty)]);
            Assert.That(Get(key).Entries[0].Key, Is.EqualTo(key));
            Assert.That(Get(key).Entries[0].Value.ToArray(), Is.EqualTo(value));
            Assert.That(Get(key + "empty").Entries[0].Value.Length, Is.Zero);
        }
    }

    [Test]
    public void A_full_commit_of_the_largest_size_is_taken()
    {
        var value = new byte[(CommitLimits.MaximumBytes / CommitLimits.MaximumOperations) - 16];
        Random.Shared.NextBytes(value);
        var changes = Enumerable.Range(0, CommitLimits.MaximumOperations).Select(i => new Change("k" + Number(i), value)).ToList();
        var conditions = changes.Select(change => new Condition(change.Key, 0)).ToList();
        Assert.That(Commit(conditions, changes).Status, Is.EqualTo(CommitStatus.Applied));
        var read = Run(() => Store.ListAsync("k"));
        Assert.That(read.Entries, Has.Count.EqualTo(CommitLimits.MaximumOperations));
        Assert.That(read.Entries.All(entry => entry.Value.Span.SequenceEqual(value)));
    }

    [Test]
    public void A_commit_whose_answer_is_lost_is_unknown_and_not_sent_again()
    {
        var store = Run(() => EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = [_relay.Url, _cluster.Endpoints[0]] })).Value!;
        _stores.Add(store);
        var before = Run(() => Other.CommitAsync([], [Put("a", "0")]));
        _relay.LosesAnswers = true;
        Assert.That(Run(() => store.CommitAsync([], [Put("a", "1")])).Status, Is.EqualTo(CommitStatus.Unknown));

        // It was applied, once; reads go to the other member, and so do commits from now on.
        var read = Run(() => store.GetAsync("a"));
        Assert.That((Text(read.Entries[0].Value), read.Revision), Is.EqualTo(("1", before.Revision + 1)));
        Assert.That(Run(() => store.CommitAsync([], [Put("a", "2")])).Status, Is.EqualTo(CommitStatus.Applied));
    }

    [Test]
    public void A_read_whose_answer_is_lost_is_asked_of_the_next_member()
    {
        var store = Run(() => EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = [_relay.Url, _cluster.Endpoints[0]] })).Value!;
        _stores.Add(store);
        _relay.LosesAnswers = true;
        Assert.That(Run(() => store.GetAsync("a")).IsAvailable);
        _relay.IsCut = true;
        Assert.That(Run(() => store.GetAsync("a")).IsAvailable);
    }

    [Test]
    public void A_commit_that_was_never_sent_goes_to_the_next_member()
    {
        var store = Run(() => EtcdCoordinationStore.OpenAsync(new EtcdOptions { Endpoints = [_relay.Url, _cluster.Endpoints[0]] })).Value!;
        _stores.Add(store);

        // From here on its connections are refused.
        _relay.Dispose();
        Assert.That(Run(() => store.CommitAsync([], [Put("a", "1")])).Status, Is.EqualTo(CommitStatus.Applied));
    }

    [Test]
    public void Without_etcd_opening_is_refused_and_names_it()
    {
        var silent = new Relay(_cluster.ClientPort(0)) { IsSilent = true };
        foreach (var url in new[] { new Uri("http://127.0.0.1:1"), silent.Url })
        {
            var fault = Run(() => EtcdCoordinationStore.OpenAsync(Options(url))).Fault!;
            Assert.That(fault.Code, Is.EqualTo("etcd-unavailable"));
            Assert.That(fault.Message, Does.Contain(url.Authority));
        }

        silent.Dispose();
    }

    [Test]
    public void Options_that_make_no_sense_are_refused()
    {
        EtcdOptions[] bad =
        [
            new() { Endpoints = [] },
            new() { Endpoints = [new Uri("ftp://127.0.0.1/")] },
            new() { Endpoints = [new Uri("relative", UriKind.Relative)] },
            new() { Endpoints = _cluster.Endpoints, Prefix = "/uss" },
            new() { Endpoints = _cluster.Endpoints, RequestTimeoutMs = 0 },
        ];
        foreach (var options in bad)
            Assert.That(Run(() => EtcdCoordinationStore.OpenAsync(options)).Fault?.Code, Is.EqualTo("bad-etcd-options"));
    }

    private protected override T Run<T>(Func<ValueTask<T>> work) =>
        _reactor.InvokeAsync(work).WaitAsync(_hangLimit).GetAwaiter().GetResult();

    private protected override void PassTime(int ms) => Thread.Sleep(ms);

    private protected override void Reopen()
    {
        _cluster.Kill(0);
        _cluster.Start(0);
        Connect();
    }

    private protected override void CutOff()
    {
        if (isSilentWhenCut)
            _relay.IsSilent = true;
        else
            _relay.IsCut = true;
    }

    private protected override void Return()
    {
        _relay.IsSilent = false;
        _relay.IsCut = false;
    }

    private protected override void Compact(long revision) => _cluster.Compact(revision);

    private static EtcdOptions Options(Uri url) => new() { Endpoints = [url] };

    private static async ValueTask<bool> CloseAsync(ICoordinationStore store)
    {
        await store.CloseAsync();
        return true;
    }

    private void Connect()
    {
        Store = Open(_relay.Url);
        Other = Open(_cluster.Endpoints[0]);
    }

    private EtcdCoordinationStore Open(Uri url)
    {
        var store = Run(() => EtcdCoordinationStore.OpenAsync(Options(url))).Value!;
        _stores.Add(store);
        return store;
    }
}
