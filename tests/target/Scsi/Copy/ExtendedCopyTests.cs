using System.Buffers.Binary;
using Uss.Target.Scsi;
using Uss.Volumes;

namespace Uss.Target.Tests.Scsi.Copy;

public class ExtendedCopyTests
{
    private const ulong SourceId = 0x1111_2222_3333_4444;
    private const ulong TargetId = 0x5555_6666_7777_8888;

    [Test]
    public void BlocksAreCopiedBetweenMappedUnits()
    {
        using var rig = CreateRig();
        rig.Volumes["v0"].Fill(512 * 8, 512 * 4000, 0x42);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 4000, 8, 3)).MustBeGood();
        Assert.That(rig.Volumes["v1"].Bytes.AsSpan(512 * 3, 512 * 4000).ContainsAnyExcept((byte)0x42), Is.False);
        Assert.That(rig.Volumes["v1"].Bytes[512 * 4003] | rig.Volumes["v1"].Bytes[512 * 2], Is.Zero);
    }

    [Test]
    public void ZerosStayThin()
    {
        using var rig = CreateRig();
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 64, 0, 0)).MustBeGood();
        Assert.That(rig.Volumes["v1"].Log, Is.EqualTo(new[] { "discard 0+32768" }));
    }

    // A copy within a unit whose ranges overlap, up and down, with more than one chunk.
    [TestCase(0UL, 100UL)]
    [TestCase(100UL, 0UL)]
    public void OverlappingRangesAreMoved(ulong from, ulong to)
    {
        using var rig = CreateRig();
        var bytes = rig.Volumes["v0"].Bytes;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)((i >> 9) * 31 + i);
        var expected = bytes.AsSpan((int)from * 512, 5000 * 512).ToArray();
        Run(rig, Devices(SourceId), Segment(0, 0, 5000, from, to)).MustBeGood();
        Assert.That(bytes.AsSpan((int)to * 512, 5000 * 512).SequenceEqual(expected));
    }

    [Test]
    public void AUnitThatIsNotMappedIsOutOfReach()
    {
        using var rig = CreateRig();
        rig.Configuration = rig.Configuration with { Luns = [new(0, "v0"), new(1, "v1", ScsiRig.OtherInitiator)] };
        rig.Apply();
        rig.ClearUnitAttentions(rig.Nexus);
        Run(rig, Devices(TargetId, SourceId), Segment(0, 1, 8, 0, 0)).MustFail(0xA, 0x0D02);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).MustFail(0xA, 0x0D02);
        Assert.That(rig.Volumes["v0"].Log.Concat(rig.Volumes["v1"].Log), Is.Empty);
    }

    [Test]
    public void BadListsAreRefusedWithNothingDone()
    {
        using var rig = CreateRig();
        rig.Run(Cdb(0)).MustBeGood();
        rig.Run(Cdb(15), new byte[15]).MustFail(5, 0x1A00);
        var list = List(Devices(SourceId), [Segment(0, 0, 8, 0, 8)]);
        rig.Run(Cdb(list.Length - 1), list).MustFail(5, 0x1A00);
        rig.Run(Cdb(16 + 31), list).MustFail(5, 0x1A00);
        rig.Run(Cdb(70000), list).MustFail(5, 0x1A00);
        Run(rig, [.. Enumerable.Repeat(Devices(SourceId)[0], 9)], Segment(0, 0, 8, 0, 8)).MustFail(5, 0x2606);
        Run(rig, Devices(SourceId), [.. Enumerable.Repeat(Segment(0, 0, 8, 0, 8), 65)]).MustFail(5, 0x2608);
        Run(rig, [.. Enumerable.Repeat(Devices(SourceId)[0], 9)], [.. Enumerable.Repeat(Segment(0, 0, 8, 0, 8), 64)]).MustFail(5, 0x1A00);

        var device = Devices(SourceId);
        device[0][0] = 0xE0;
        Run(rig, device, Segment(0, 0, 8, 0, 8)).MustFail(5, 0x2607);
        var segment = Segment(0, 0, 8, 0, 8);
        segment[0] = 3;
        Run(rig, Devices(SourceId), segment).MustFail(5, 0x2609);
        segment = Segment(0, 0, 8, 0, 8);
        segment[3] = 0x17;
        Run(rig, Devices(SourceId), segment).MustFail(5, 0x2600);
        list[1] = 0x18;
        rig.Run(Cdb(list.Length), list).MustFail(5, 0x2600);
        list[1] = 0x08;
        rig.Run(Cdb(list.Length), list).MustFail(5, 0x2600);
        Assert.That(rig.Volumes["v0"].Log, Is.Empty);
    }

    [Test]
    public void SegmentsThatCannotBeCopiedAbortTheRest()
    {
        using var rig = CreateRig();
        var answer = Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0), Segment(0, 2, 8, 0, 0), Segment(0, 1, 8, 0, 16));
        answer.MustFail(0xA, 0x0D02);
        Assert.That(answer.Sense[10] << 8 | answer.Sense[11], Is.EqualTo(1), "the second segment");
        Assert.That(rig.Volumes["v1"].Log, Has.Count.EqualTo(1));
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 8190, 0)).MustFail(0xA, 0x0000);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 8190)).MustFail(0xA, 0x0000);
    }

    [Test]
    public void ResultsAreKeptUntilAskedFor()
    {
        using var rig = CreateRig();
        const string Status = "84 00 07 00 00 00 00 00 00 00 00 00 00 20 00 00";
        const string Details = "84 04 07 00 00 00 00 00 00 00 00 00 00 80 00 00";
        rig.Run(Status).MustFail(5, 0x2400);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).MustBeGood();
        Assert.That(Convert.ToHexString(rig.Run(Status).Data), Is.EqualTo("00000008" + "01" + "0001" + "01" + "00000004"));
        rig.Run(Details).MustFail(5, 0x2400);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 8190, 0)).MustFail(0xA, 0x0000);
        Assert.That(rig.Run(Status).Data[4], Is.EqualTo(2));
        var details = rig.Run(Details).Data;
        Assert.That((details.Length, details[56], details[59], details[62]), Is.EqualTo((78, (byte)2, (byte)18, (byte)0x0A)));
        rig.Run(Details).MustFail(5, 0x2400);
    }

    [Test]
    public void OperatingParametersByteByByte()
    {
        using var rig = CreateRig();
        Assert.That(
            Convert.ToHexString(rig.Run("84 03 00 00 00 00 00 00 00 00 00 00 00 80 00 00").Data),
            Is.EqualTo(
                "0000002A" + "01000000" + "00080040" + "00000800" + "01FFFE00" + new string('0', 28)
                + "0100" + "FF090000" + "000000" + "02" + "02E4"));
        Assert.That(
            Convert.ToHexString(rig.Run("12 01 8F 02 00 00").Data),
            Is.EqualTo(
                "008F005C" + "0001000C" + "088301008403000304000000"
                + "0004001C" + "00000000" + "00080040" + "00000800" + new string('0', 32)
                + "00080004" + "0202E400" + "80010020" + "0000010000000100" + "01FFFE00" + "09" + new string('0', 38)));
    }

    [Test]
    public void ReservationsAndProtectionHoldForCopies()
    {
        using var rig = CreateRig();
        var other = rig.AttachOther();
        var list = new byte[24];
        list[15] = 9;
        rig.Run("5F 06 00 00 00 00 00 00 18 00", list, nexus: other, lun: 1UL << 48).MustBeGood();
        list[7] = 9;
        rig.Run("5F 01 01 00 00 00 00 00 18 00", list, nexus: other, lun: 1UL << 48).MustBeGood();
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).MustConflict();
        Run(rig, Devices(TargetId, SourceId), Segment(0, 1, 8, 0, 0)).MustBeGood();
        rig.Run("5F 03 00 00 00 00 00 00 18 00", list, nexus: other, lun: 1UL << 48).MustBeGood();
        rig.Configuration = rig.Configuration with { Luns = [new(0, "v0"), new(1, "v1", IsReadOnly: true)] };
        rig.Apply();
        rig.ClearUnitAttentions(rig.Nexus);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).MustFail(0xA, 0x0D01);
        Assert.That(rig.Volumes["v1"].Log.Where(line => line.StartsWith("write", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase(VolumeStatus.NoSpace, 7, 0x2707)]
    [TestCase(VolumeStatus.Damaged, 0xA, 0x1100)]
    [TestCase(VolumeStatus.Removed, 0xA, 0x0D01)]
    public void FailuresOfVolumes(VolumeStatus status, int key, int code)
    {
        using var rig = CreateRig();
        rig.Volumes["v1"].Failure = new VolumeResult(status);
        Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).MustFail(key, code);
        rig.Volumes["v1"].Failure = new VolumeResult(VolumeStatus.Unavailable);
        Assert.That(Run(rig, Devices(SourceId, TargetId), Segment(0, 1, 8, 0, 0)).Status, Is.EqualTo(ScsiStatus.Busy));
    }

    private static ScsiRig CreateRig() => new(new MemoryVolume("v0", 4 << 20, SourceId), new MemoryVolume("v1", 4 << 20, TargetId));

    private static ScsiAnswer Run(ScsiRig rig, byte[][] devices, params byte[][] segments)
    {
        var list = List(devices, segments);
        return rig.Run(Cdb(list.Length), list);
    }

    private static byte[] Cdb(int length)
    {
        var cdb = new byte[16];
        cdb[0] = 0x83;
        BinaryPrimitives.WriteInt32BigEndian(cdb.AsSpan(10), length);
        return cdb;
    }

    private static byte[] List(byte[][] devices, byte[][] segments)
    {
        var header = new byte[16];
        header[0] = 7;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)devices.Sum(device => device.Length));
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), segments.Sum(segment => segment.Length));
        return [.. header, .. devices.SelectMany(device => device), .. segments.SelectMany(segment => segment)];
    }

    private static byte[][] Devices(params ulong[] ids) => [.. ids.Select(id =>
    {
        var device = new byte[32];
        device[0] = 0xE4;
        device[4] = 1;
        device[5] = 3;
        device[7] = 8;
        BinaryPrimitives.WriteUInt64BigEndian(device.AsSpan(8), 0x3000_0000_0000_0000 | (id & 0x0FFF_FFFF_FFFF_FFFF));
        device[30] = 2;
        return device;
    })];

    private static byte[] Segment(int source, int target, int blocks, ulong sourceLba, ulong targetLba)
    {
        var segment = new byte[28];
        segment[0] = 2;
        segment[3] = 24;
        segment[5] = (byte)source;
        segment[7] = (byte)target;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(10), (ushort)blocks);
        BinaryPrimitives.WriteUInt64BigEndian(segment.AsSpan(12), sourceLba);
        BinaryPrimitives.WriteUInt64BigEndian(segment.AsSpan(20), targetLba);
        return segment;
    }
}
