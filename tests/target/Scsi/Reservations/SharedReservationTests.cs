using Uss.Target.Scsi;
using Uss.Target.Scsi.Reservations;
using Uss.Volumes;
using static Uss.Target.Tests.Scsi.Reservations.ReservationCommands;

namespace Uss.Target.Tests.Scsi.Reservations;

/// <summary>One volume behind two front-ends with one record of its reservations.</summary>
public sealed class SharedReservationTests
{
    private const string ReadStatus = "5E 03 00 00 00 00 00 10 00 00";

    private Store _store = null!;
    private ScsiRig _one = null!;
    private ScsiRig _other = null!;
    private ScsiNexus _a = null!;
    private ScsiNexus _b = null!;

    [SetUp]
    public void SetUp()
    {
        _store = new Store();
        _one = new ScsiRig(null, null, _store);
        _other = new ScsiRig(null, null, _store);
        _store.Devices.AddRange([_one.Device, _other.Device]);
        _a = _one.Nexus;
        _b = _other.Attach(ScsiRig.OtherInitiator, port: 2);
        _other.ClearUnitAttentions(_b);
    }

    [TearDown]
    public void TearDown()
    {
        _one.Dispose();
        _other.Dispose();
    }

    [Test]
    public void A_reservation_keeps_out_who_comes_through_the_other_front_end()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_one, _a, Reserve, 0xA, 0, type: 3).MustBeGood();
        _other.Run(Write, new byte[512], nexus: _b).MustConflict();
        _other.Run(Read, nexus: _b).MustConflict();
        Out(_other, _b, Reserve, 0, 0, type: 3).MustConflict();
        _one.Run(Write, new byte[512]).MustBeGood();
        Out(_one, _a, Release, 0xA, 0, type: 3).MustBeGood();
        _other.Run(Write, new byte[512], nexus: _b).MustBeGood();
    }

    [Test]
    public void All_front_ends_show_the_same_registrations_with_the_ports_that_they_came_through()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_other, _b, Register, 0, 0xB).MustBeGood();
        Assert.That(Hex(_one.Run(ReadKeys)), Is.EqualTo("0000000200000010" + "000000000000000A" + "000000000000000B"));
        Assert.That(_one.Run(ReadStatus).Data, Is.EqualTo(_other.Run(ReadStatus, nexus: _b).Data));
        Assert.That(_one.Run(ReadStatus).Data[8 + 19], Is.EqualTo(1), "relative target port");
        Assert.That(_one.Run(ReadStatus).Data[8 + 24 + _one.Run(ReadStatus).Data[8 + 23] + 19], Is.EqualTo(2), "relative target port");
    }

    [TestCase(Preempt)]
    [TestCase(PreemptAndAbort)]
    public void Who_is_preempted_learns_it_at_its_own_front_end(int action)
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_other, _b, Register, 0, 0xB).MustBeGood();
        Out(_other, _b, Reserve, 0xB, 0, type: 1).MustBeGood();
        Out(_one, _a, action, 0xA, 0xB, type: 1).MustBeGood();
        _other.Run(Write, new byte[512], nexus: _b).MustConflict();
        _other.Run(Ready, nexus: _b).MustFail(6, 0x2A05);
        _other.Run(Ready, nexus: _b).MustBeGood();
        _one.Run(Write, new byte[512]).MustBeGood();
    }

    [Test]
    public void Clear_and_release_are_told_to_who_is_registered_elsewhere()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_other, _b, Register, 0, 0xB).MustBeGood();
        Out(_one, _a, Reserve, 0xA, 0, type: 5).MustBeGood();
        Out(_one, _a, Release, 0xA, 0, type: 5).MustBeGood();
        _other.Run(Ready, nexus: _b).MustFail(6, 0x2A04);
        Out(_one, _a, Clear, 0xA, 0).MustBeGood();
        _other.Run(Ready, nexus: _b).MustFail(6, 0x2A03);
        Assert.That(Hex(_other.Run(ReadKeys, nexus: _b)), Is.EqualTo("0000000300000000"), "the count of changes goes on");
    }

    [Test]
    public void Of_two_who_reserve_at_once_one_is_told_that_the_other_was_faster()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_other, _b, Register, 0, 0xB).MustBeGood();

        // The other front-end reserves between this one's look at the record and its commit.
        _store.BeforeCommit = () => Out(_other, _b, Reserve, 0xB, 0, type: 1).MustBeGood();
        Out(_one, _a, Reserve, 0xA, 0, type: 1).MustConflict();
        _one.Run(Write, new byte[512]).MustConflict();
    }

    [Test]
    public void A_change_that_is_not_known_to_be_in_force_everywhere_is_not_called_good()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        _store.IsUnsettled = true;
        Out(_one, _a, Reserve, 0xA, 0, type: 1).MustFail(4, 0x4400);
        _store.IsUnsettled = false;

        // It counts all the same, here and there: nobody who relies on it is harmed.
        _other.Run(Write, new byte[512], nexus: _b).MustConflict();
        Out(_one, _a, Reserve, 0xA, 0, type: 1).MustBeGood();
    }

    [Test]
    public void Without_the_store_nothing_changes()
    {
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        _store.IsDown = true;
        Out(_one, _a, Reserve, 0xA, 0, type: 1).MustFail(4, 0x4400);
        _other.Run(Write, new byte[512], nexus: _b).MustBeGood();
    }

    [Test]
    public void A_volume_that_is_mapped_later_has_the_reservation_from_the_start()
    {
        var configuration = _other.Configuration;
        _other.Configuration = configuration with { Luns = [] };
        _other.Apply();
        Out(_one, _a, Register, 0, 0xA).MustBeGood();
        Out(_one, _a, Reserve, 0xA, 0, type: 1).MustBeGood();
        _other.Configuration = configuration;
        _other.Apply();
        _other.Run(Write, new byte[512], nexus: _b).MustConflict();
    }

    private sealed class Store : ISharedReservations
    {
        private SharedReservationRecord _present = new(0, null);
        private bool _isElsewhere;

        public List<ScsiDevice> Devices { get; } = [];

        public Action? BeforeCommit { get; set; }

        public bool IsDown { get; set; }

        public bool IsUnsettled { get; set; }

        public ValueTask<SharedReservationRecord?> ReadAsync(VolumeId volume) => new(IsDown ? null : _present);

        public ValueTask<long?> CommitAsync(VolumeId volume, SharedReservationRecord read, ReservationRecord next)
        {
            var before = BeforeCommit;
            BeforeCommit = null;
            _isElsewhere |= before is not null;
            before?.Invoke();
            _isElsewhere &= before is null;
            if (read.Revision != _present.Revision)
                return new(0L);
            _present = new SharedReservationRecord(_present.Revision + 1, next);
            return new(_present.Revision);
        }

        // As the watches of the front-ends do.
        public async ValueTask<bool> SettleAsync(VolumeId volume, long revision)
        {
            foreach (var device in Devices.Skip(_isElsewhere ? 1 : 0))
            {
                await device.TakeInReservationsAsync(volume, _present.Record!);
                await device.DrainShutOutAsync(volume);
            }

            return !IsUnsettled;
        }
    }
}
