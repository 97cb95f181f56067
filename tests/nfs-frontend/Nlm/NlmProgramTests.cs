using FsCheck;
using FsCheck.Fluent;
using Uss.NfsFrontend.Exports;
using Uss.NfsFrontend.Locks;
using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.PortMap;
using Uss.NfsFrontend.Xdr;
using Uss.Runtime;

namespace Uss.NfsFrontend.Nlm.Tests;

/// <summary>The lock manager of a server and those of its clients, over the simulated network (XNFS, 14).</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NlmProgramTests
{
    private const long SecondNs = 1_000_000_000;

    // Cookie of two bytes, then the status.
    private const string Granted = "00000002" + "09090000" + "00000000";
    private const string Denied = "00000002" + "09090000" + "00000001";

    private readonly NlmWorld _world = new();
    private readonly NlmClient _a;
    private readonly NlmClient _b;

    public NlmProgramTests()
    {
        _a = new NlmClient(_world, "a");
        _b = new NlmClient(_world, "b");
    }

    [TearDown]
    public void TearDown() => _world.Dispose();

    [Test]
    public void Questions_and_answers_stand_as_the_standard_has_them()
    {
        var question = new NlmQuestion { Offset = 4096, Length = 100 };
        var lockBytes = "00000006" + "636C69656E740000" + "00000020" + Convert.ToHexString(question.Handle)
            + "00000005" + "0102030405000000" + "0000004D" + "0000000000001000" + "0000000000000064";
        var arguments = Convert.FromHexString("00000002" + "09090000" + "00000000" + "00000001" + lockBytes + "00000000" + "00000003");
        Assert.That(arguments, Is.EqualTo(question.Lock()));
        Assert.That(Convert.ToHexString(_a.Call(NlmProcedure.Lock, arguments)), Is.EqualTo(Granted));
        Assert.That(Convert.ToHexString(_b.Call(NlmProcedure.Lock, arguments)), Is.EqualTo(Denied));

        // Who holds it: alone, its number and bytes, offset and length.
        arguments = Convert.FromHexString("00000002" + "09090000" + "00000001" + lockBytes);
        Assert.That(
            Convert.ToHexString(_b.Call(NlmProcedure.Test, arguments)),
            Is.EqualTo(Denied + "00000001" + "0000004D" + "00000005" + "0102030405000000" + "0000000000001000" + "0000000000000064"));
        Assert.That(Convert.ToHexString(_a.Call(NlmProcedure.Test, arguments)), Is.EqualTo(Granted));
        arguments = Convert.FromHexString("00000002" + "09090000" + lockBytes);
        Assert.That(Convert.ToHexString(_a.CallByDatagram((uint)NlmProcedure.Unlock, arguments)), Is.EqualTo(Granted));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void Who_waits_is_called_from_the_address_that_it_called([Values] bool isManagerByDatagrams)
    {
        var waits = new NlmClient(_world, "waits", isManagerByDatagrams: isManagerByDatagrams);
        var question = new NlmQuestion { Offset = 10, IsBlocking = true };
        Assert.That(_a.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(waits.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(LockStatus.Blocked));
        Assert.That(_a.Ask(NlmProcedure.Unlock, question.Unlock()), Is.EqualTo(LockStatus.Granted));
        _world.World.RunFor(20 * SecondNs);
        var (procedure, bytes) = waits.Calls[0];
        Assert.That(procedure, Is.EqualTo(NlmProcedure.Granted));
        Assert.That(waits.Caller, Is.EqualTo(_world.Server.Host.Address));
        Assert.That(NlmArguments.TryParse(NlmProcedure.Granted, new XdrReader(bytes), out var granted));
        Assert.That((granted.IsExclusive, granted.Svid, granted.Offset, granted.Length), Is.EqualTo((true, 77u, 10UL, 0UL)));
        Assert.That(granted.Handle.In(bytes).SequenceEqual(question.Handle));
        Assert.That(granted.OwnerHandle.In(bytes).SequenceEqual(question.Owner));
        Assert.That(_b.Ask(NlmProcedure.Test, question.Test()), Is.EqualTo(LockStatus.Denied));
        Assert.That(waits.Ask(NlmProcedure.Unlock, question.Unlock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void Who_does_not_want_its_lock_or_cannot_be_called_has_none([Values] bool hasManager)
    {
        var waits = new NlmClient(_world, "waits", hasManager) { Answer = LockStatus.Denied };
        var question = new NlmQuestion { IsBlocking = true };
        _a.Ask(NlmProcedure.Lock, question.Lock());
        Assert.That(waits.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(LockStatus.Blocked));
        _a.Ask(NlmProcedure.Unlock, question.Unlock());
        _world.World.RunFor(600 * SecondNs);
        Assert.That(_b.Ask(NlmProcedure.Test, question.Test()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void Who_does_not_answer_is_called_again_and_keeps_its_lock()
    {
        _b.Answer = null;
        var question = new NlmQuestion { IsBlocking = true };
        _a.Ask(NlmProcedure.Lock, question.Lock());
        _b.Ask(NlmProcedure.Lock, question.Lock());
        _a.Ask(NlmProcedure.Unlock, question.Unlock());
        _world.World.RunFor(600 * SecondNs);
        Assert.That(_b.Calls, Has.Count.InRange(7, 11));
        Assert.That(_a.Ask(NlmProcedure.Test, question.Test()), Is.EqualTo(LockStatus.Denied));
        Assert.That(_b.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_b.Ask(NlmProcedure.Unlock, question.Unlock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void Who_cancels_does_not_wait()
    {
        var question = new NlmQuestion { IsBlocking = true };
        _a.Ask(NlmProcedure.Lock, question.Lock());
        _b.Ask(NlmProcedure.Lock, question.Lock());
        Assert.That(_b.Ask(NlmProcedure.Cancel, question.Cancel()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_b.Ask(NlmProcedure.Cancel, question.Cancel()), Is.EqualTo(LockStatus.Denied));
        _a.Ask(NlmProcedure.Unlock, question.Unlock());
        _world.World.RunFor(60 * SecondNs);
        Assert.That((_b.Calls.Count, _world.IsEmpty), Is.EqualTo((0, true)));
    }

    [Test]
    public void Questions_with_answers_by_calls_are_answered_so()
    {
        var question = new NlmQuestion { Offset = 5, Length = 5 };
        Assert.That(Message(_a, NlmProcedure.LockMessage, question.Lock()), Is.EqualTo((NlmProcedure.LockResult, Granted)));
        Assert.That(Message(_b, NlmProcedure.LockMessage, question.Lock()), Is.EqualTo((NlmProcedure.LockResult, Denied)));
        var (procedure, results) = Message(_b, NlmProcedure.TestMessage, question.Test());
        Assert.That((procedure, results[..24]), Is.EqualTo((NlmProcedure.TestResult, Denied)));
        Assert.That(results, Does.EndWith("0000000000000005" + "0000000000000005"));
        Assert.That(Message(_b, NlmProcedure.CancelMessage, question.Cancel()), Is.EqualTo((NlmProcedure.CancelResult, Denied)));
        Assert.That(Message(_a, NlmProcedure.UnlockMessage, question.Unlock()), Is.EqualTo((NlmProcedure.UnlockResult, Granted)));
        foreach (var silent in new[] { NlmProcedure.GrantedMessage, NlmProcedure.TestResult, NlmProcedure.LockResult, NlmProcedure.GrantedResult })
            Assert.That(_a.Call(silent, question.Test()), Is.Empty);
        Assert.That(_a.Ask(NlmProcedure.Granted, question.Test()), Is.EqualTo(LockStatus.Denied), "nothing is waited for here");
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void What_cannot_be_locked_is_said()
    {
        var forged = NlmWorld.Handle();
        forged[12]++;
        foreach (var (question, expected) in new[]
        {
            (new NlmQuestion { Handle = forged }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = [] }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = NlmWorld.Handle(generation: 2) }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = NlmWorld.Handle(inode: 1UL << 40) }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = NlmWorld.Handle(export: 9) }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = NlmWorld.Handle(fileSystem: 9) }, LockStatus.StaleHandle),
            (new NlmQuestion { Handle = NlmWorld.Handle(export: 2) }, LockStatus.Failed),
            (new NlmQuestion { Handle = NlmWorld.Handle(export: 3) }, LockStatus.ReadOnly),
            (new NlmQuestion { Handle = NlmWorld.Handle(snapshot: 5) }, LockStatus.ReadOnly),
            (new NlmQuestion { Handle = NlmWorld.Handle(snapshot: 5), IsExclusive = false }, LockStatus.Granted),
            (new NlmQuestion { Offset = 1UL << 63 }, LockStatus.TooBig),
            (new NlmQuestion { Offset = 1, Length = ulong.MaxValue }, LockStatus.TooBig),
        })
        {
            Assert.That(_a.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(expected));
        }

        _world.HasOwner = false;
        Assert.That(_a.Ask(NlmProcedure.Lock, new NlmQuestion().Lock()), Is.EqualTo(LockStatus.NotNow));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void What_is_held_can_be_given_up_when_the_export_is_gone()
    {
        var question = new NlmQuestion();
        _a.Ask(NlmProcedure.Lock, question.Lock());
        _a.Ask(NlmProcedure.Share, question.Share(deny: 1, access: 1));
        _world.Exports = new ExportTable([]);
        Assert.That(_a.Ask(NlmProcedure.Lock, question.Lock()), Is.EqualTo(LockStatus.StaleHandle));
        Assert.That(_a.Ask(NlmProcedure.Unlock, question.Unlock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_a.Ask(NlmProcedure.Unshare, question.Share(deny: 1, access: 1)), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    [TestCase(1024, false)]
    [TestCase(1025, true)]
    public void Names_cookies_and_handles_are_bounded(int length, bool isGarbage)
    {
        foreach (var question in new[]
        {
            new NlmQuestion { Cookie = new byte[length] },
            new NlmQuestion { Name = new string('x', length) },
            new NlmQuestion { Owner = new byte[length] },
            new NlmQuestion { Handle = new byte[length] },
        })
        {
            Assert.That(_a.Call(NlmProcedure.Test, question.Test()), isGarbage ? Is.Empty : Is.Not.Empty);
            Assert.That(_a.Call(NlmProcedure.Lock, question.Lock()), isGarbage ? Is.Empty : Is.Not.Empty);
            _a.Call(NlmProcedure.Unlock, question.Unlock());
        }

        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void Shares_are_taken_and_given_back()
    {
        var question = new NlmQuestion();
        Assert.That(Convert.ToHexString(_a.Call(NlmProcedure.Share, question.Share(deny: 2, access: 3))), Is.EqualTo(Granted + "00000000"));
        Assert.That(_b.Ask(NlmProcedure.Share, question.Share(deny: 0, access: 2)), Is.EqualTo(LockStatus.Denied));
        Assert.That(_b.Ask(NlmProcedure.Share, question.Share(deny: 0, access: 1)), Is.EqualTo(LockStatus.Granted));
        Assert.That(_a.Call(NlmProcedure.Share, question.Share(deny: 4, access: 1)), Is.Empty);
        Assert.That(Convert.ToHexString(_a.Call(NlmProcedure.Unshare, question.Share(deny: 2, access: 3))), Is.EqualTo(Granted + "00000000"));
        Assert.That(_b.Ask(NlmProcedure.Unshare, question.Share(deny: 0, access: 1)), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void A_client_frees_its_own_locks_and_no_others()
    {
        _a.Ask(NlmProcedure.UnmonitoredLock, new NlmQuestion { Length = 5 }.Lock());
        _b.Ask(NlmProcedure.Lock, new NlmQuestion { Offset = 10 }.Lock());
        _world.HasOwner = false;
        Assert.That(Free(), Is.EqualTo(RpcOutcome.NoAnswer), "it shall come again");
        _world.HasOwner = true;
        Assert.That(Free(), Is.EqualTo(RpcOutcome.Answered));
        Assert.That(_b.Ask(NlmProcedure.Lock, new NlmQuestion().Lock()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_a.Ask(NlmProcedure.Lock, new NlmQuestion().Lock()), Is.EqualTo(LockStatus.Denied));
        _b.Ask(NlmProcedure.Unlock, new NlmQuestion().Unlock());
        Assert.That(_world.IsEmpty);

        RpcOutcome Free() => _world.World.Run(_a.Reactor, async () =>
        {
            var server = new Endpoint(_world.Server.Host.Address, NlmWorld.Port);
            var procedure = new RpcProcedure(NlmWorld.Nlm, 4, (uint)NlmProcedure.FreeAll);
            return (await new RpcClient(_a.Reactor).CallStreamAsync(server, procedure, NlmQuestion.Notice("client", 0))).Outcome;
        });
    }

    [Test]
    public void Only_this_version_and_these_procedures_are_there()
    {
        Assert.That(_a.Call((uint)NlmProcedure.Lock, new NlmQuestion().Lock(), version: 3), Is.Empty);
        foreach (var procedure in new uint[] { 16, 17, 18, 19, 24, uint.MaxValue })
            Assert.That(_a.Call(procedure, new NlmQuestion().Lock()), Is.Empty);
        Assert.That(_world.IsEmpty);
    }

    [Test]
    public void No_bytes_make_a_parser_throw() =>
        Prop.ForAll<byte[]>(bytes =>
        {
            foreach (var procedure in Enum.GetValues<NlmProcedure>())
            {
                byte[] likely = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, .. bytes];
                foreach (var message in new[] { bytes, likely })
                {
                    if (NlmArguments.TryParse(procedure, new XdrReader(message), out var arguments))
                        arguments.Handle.In(message);
                }
            }

            NlmCallbacks.ReadOutcome(bytes);
            PortMapClient.ReadPort(bytes, isVersion6: false);
            PortMapClient.ReadPort(bytes, isVersion6: true);
            RpcReply.TryParse(bytes, 0, out _, out var offset);
            return offset <= bytes.Length;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Random_questions_harm_nobody()
    {
        var random = new SeededRandom(5);
        for (var round = 0; round < 300; round++)
        {
            var question = new NlmQuestion { Handle = new byte[random.Next(40)], Offset = random.NextUInt64(), Length = random.NextUInt64() };
            var bytes = round % 2 == 0 ? question.Lock() : new byte[random.Next(200)];
            var spoiled = round % 2 == 0 ? bytes.AsSpan(random.Next(bytes.Length - 4), 4) : bytes;
            random.Fill(spoiled);
            _a.CallByDatagram((uint)random.Next(6), bytes);
        }

        Assert.That(_a.Ask(NlmProcedure.Test, new NlmQuestion().Test()), Is.EqualTo(LockStatus.Granted));
        Assert.That(_world.IsEmpty);
    }

    private (NlmProcedure Procedure, string Results) Message(NlmClient client, NlmProcedure procedure, byte[] arguments)
    {
        client.Calls.Clear();
        Assert.That(client.Call(procedure, arguments), Is.Empty);
        _world.World.RunFor(15 * SecondNs);
        var (called, bytes) = client.Calls[0];
        return (called, Convert.ToHexString(bytes));
    }
}
