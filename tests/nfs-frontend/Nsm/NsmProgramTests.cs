using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.Nlm;
using Uss.NfsFrontend.Nlm.Tests;

namespace Uss.NfsFrontend.Nsm.Tests;

/// <summary>What clients tell of their restarts (XNFS, 11).</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NsmProgramTests
{
    private readonly NlmWorld _world = new();
    private readonly NlmClient _a;
    private readonly NlmClient _b;

    public NsmProgramTests()
    {
        _a = new NlmClient(_world, "a");
        _b = new NlmClient(_world, "b");
    }

    [TearDown]
    public void TearDown() => _world.Dispose();

    [Test]
    public void A_restart_frees_what_was_locked_before()
    {
        var old = new NlmQuestion { Length = 10, State = 3 };
        var fresh = new NlmQuestion { Offset = 20, Length = 10, State = 5 };
        _a.Ask(NlmProcedure.Lock, old.Lock());
        _a.Ask(NlmProcedure.Lock, fresh.Lock());
        Notify(_b, "client", 5);
        Notify(_a, "another", 5);
        Assert.That(_b.Ask(NlmProcedure.Lock, old.Lock()), Is.EqualTo(LockStatus.Denied), "another machine, another name");
        Notify(_a, "client", 5);
        Assert.That(_b.Ask(NlmProcedure.Test, old.Test()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_b.Ask(NlmProcedure.Test, fresh.Test()), Is.EqualTo(LockStatus.Denied), "locked since");
        Notify(_a, "client", 7);
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void A_notice_that_comes_twice_frees_once()
    {
        var question = new NlmQuestion { State = 0 };
        _a.Ask(NlmProcedure.Lock, question.Lock());
        Notify(_a, "client", 5);
        Assert.That(_world.IsEmpty);
        _a.Ask(NlmProcedure.Lock, question.Lock());
        Notify(_a, "client", 5);
        Assert.That(_b.Ask(NlmProcedure.Test, question.Test()), Is.EqualTo(LockStatus.Denied), "its client does not say in which state it locks");
        Notify(_a, "client", 7);
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void A_notice_is_answered_when_it_was_heeded()
    {
        var question = new NlmQuestion();
        _a.Ask(NlmProcedure.Lock, question.Lock());
        _world.HasOwner = false;
        Notify(_a, "client", 5);
        _world.HasOwner = true;
        Assert.That(_world.IsEmpty, Is.False);
        Notify(_a, "client", 5);
        Assert.That(_world.IsEmpty);
    }

    [TestCase(NsmProcedure.Stat, "00000001" + "00000001")]
    [TestCase(NsmProcedure.Monitor, "00000001" + "00000001")]
    [TestCase(NsmProcedure.Unmonitor, "00000001")]
    [TestCase(NsmProcedure.UnmonitorAll, "00000001")]
    [TestCase(NsmProcedure.SimulateCrash, "")]
    [TestCase((NsmProcedure)7, "")]
    public void Nobody_is_monitored(NsmProcedure procedure, string results)
    {
        foreach (var bytes in new[] { _a.Call((uint)procedure, NlmQuestion.Notice("x", 1), NlmWorld.Nsm, 1), ByDatagram(_a, procedure) })
            Assert.That(Convert.ToHexString(bytes), Is.EqualTo(results));
    }

    private static byte[] ByDatagram(NlmClient client, NsmProcedure procedure) =>
        client.CallByDatagram((uint)procedure, NlmQuestion.Notice("x", 1), NlmWorld.Nsm, 1);

    private static void Notify(NlmClient client, string name, uint state) =>
        client.CallByDatagram((uint)NsmProcedure.Notify, NlmQuestion.Notice(name, state), NlmWorld.Nsm, 1);
}
