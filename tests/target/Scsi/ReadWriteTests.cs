using Uss.Target.Scsi;
using Uss.Volumes;

namespace Uss.Target.Tests.Scsi;

public class ReadWriteTests
{
    private const int Blocks = 2048;

    private static readonly byte[] s_pattern = [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7))];

    [TestCase("08 00 00 08 08 00", "0A 00 00 08 08 00")]
    [TestCase("28 00 00 00 00 08 00 00 08 00", "2A 00 00 00 00 08 00 00 08 00")]
    [TestCase("28 18 00 00 00 08 00 00 08 00", "2A 18 00 00 00 08 00 00 08 00")]
    [TestCase("A8 00 00 00 00 08 00 00 00 08 00 00", "AA 00 00 00 00 08 00 00 00 08 00 00")]
    [TestCase("88 00 00 00 00 00 00 00 00 08 00 00 00 08 00 00", "8A 08 00 00 00 00 00 00 00 08 00 00 00 08 00 00")]
    public void WhatIsWrittenIsRead(string read, string write)
    {
        using var rig = new ScsiRig();
        var written = rig.Run(write, s_pattern);
        written.MustBeGood();
        Assert.That(written.TransferLength, Is.EqualTo(4096));
        Assert.That(rig.Volume.Bytes.AsSpan(4096, 4096).SequenceEqual(s_pattern));
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "write 4096+4096" }));

        var answer = rig.Run(read);
        answer.MustBeGood();
        Assert.That(answer.Data, Is.EqualTo(s_pattern));
        Assert.That(answer.TransferLength, Is.EqualTo(4096));
    }

    [Test]
    public void Length0MeansNothingButIn6ByteCommands256()
    {
        using var rig = new ScsiRig();
        var none = rig.Run("28 00 00 00 00 00 00 00 00 00");
        none.MustBeGood();
        Assert.That(none.Data, Is.Empty);
        Assert.That(rig.Volume.Log, Is.Empty);
        rig.Run("2A 00 00 00 08 00 00 00 00 00").MustBeGood();
        var all = rig.Run("08 00 00 00 00 00");
        all.MustBeGood();
        Assert.That(all.Data, Has.Length.EqualTo(256 * 512));
    }

    [TestCase("28 00 00 00 08 00 00 00 01 00")]
    [TestCase("28 00 00 00 07 FF 00 00 02 00")]
    [TestCase("28 00 FF FF FF FF 00 FF FF 00")]
    [TestCase("28 00 00 00 08 01 00 00 00 00")]
    [TestCase("2A 00 00 00 07 FF 00 00 02 00")]
    [TestCase("08 1F FF FF 01 00")]
    [TestCase("A8 00 00 00 00 00 FF FF FF FF 00 00")]
    [TestCase("88 00 FF FF FF FF FF FF FF FF 00 00 00 01 00 00")]
    [TestCase("88 00 FF FF FF FF FF FF FF F8 FF FF FF FF 00 00")]
    [TestCase("8A 00 80 00 00 00 00 00 00 00 00 00 00 01 00 00")]
    public void BeyondTheEndIsRefused(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb, new byte[1024]).MustFail(5, 0x2100);
        Assert.That(rig.Volume.Log, Is.Empty);
    }

    [Test]
    public void TheEndItselfIsNotBeyond()
    {
        using var rig = new ScsiRig();
        rig.Run("28 00 00 00 07 FF 00 00 01 00").MustBeGood();
        rig.Run("28 00 00 00 08 00 00 00 00 00").MustBeGood();
    }

    [Test]
    public void MoreThanTheMaximumTransferIsAnInvalidField()
    {
        using var rig = new ScsiRig(new MemoryVolume("v0", 32 << 20));
        var answer = rig.Run("28 00 00 00 00 00 00 80 01 00");
        answer.MustFail(5, 0x2400);
        Assert.That(answer.Specific, Is.EqualTo("C00007"));
        var largest = rig.Run("28 00 00 00 00 00 00 80 00 00");
        largest.MustBeGood();
        Assert.That(largest.Data, Has.Length.EqualTo(16 << 20));
    }

    [TestCase("28 20 00 00 00 00 00 00 01 00", "CD0001")]
    [TestCase("2A E0 00 00 00 00 00 00 01 00", "CF0001")]
    [TestCase("28 01 00 00 00 00 00 00 01 00", "C80001")]
    [TestCase("28 00 00 00 00 00 80 00 01 00", "CF0006")]
    [TestCase("28 00 00 00 00 00 00 00 01 04", "CA0009")]
    [TestCase("88 80 00 00 00 00 00 00 00 00 00 00 00 01 00 00", "CF0001")]
    [TestCase("88 00 00 00 00 00 00 00 00 00 00 00 00 01 00 04", "CA000F")]
    public void ProtectionReservedBitsAndNacaAreRefusedWithAPointer(string cdb, string pointer)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb, new byte[512]);
        answer.MustFail(5, 0x2400);
        Assert.That(answer.Specific, Is.EqualTo(pointer));
    }

    [Test]
    public void AShortDataOutWritesOnlyItsWholeBlocks()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 8192, 0xAA);
        var answer = rig.Run("2A 00 00 00 00 00 00 00 02 00", s_pattern[..512]);
        answer.MustBeGood();
        Assert.That(answer.TransferLength, Is.EqualTo(1024), "the transport makes the residual of it");
        Assert.That(rig.Volume.Bytes.AsSpan(0, 512).SequenceEqual(s_pattern.AsSpan(0, 512)));
        Assert.That(rig.Volume.Bytes[512], Is.EqualTo(0xAA));

        var nothing = rig.Run("2A 00 00 00 00 00 00 00 01 00");
        nothing.MustBeGood();
        Assert.That(nothing.TransferLength, Is.EqualTo(512));

        var part = rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[200]);
        part.MustFail(5, 0x0E03);
        Assert.That(part.TransferLength, Is.EqualTo(512));
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "write 0+512" }));
    }

    [Test]
    public void AShortDataInLimitReadsNoMoreThanNeeded()
    {
        using var rig = new ScsiRig();
        rig.Volume.Fill(0, 4096, 0x11);
        var answer = rig.Run("28 00 00 00 00 00 00 00 08 00", limit: 700);
        answer.MustBeGood();
        Assert.That(answer.Data, Has.Length.EqualTo(700));
        Assert.That(answer.TransferLength, Is.EqualTo(4096));
        Assert.That(rig.Volume.Log, Is.EqualTo(new[] { "read 0+1024" }));
        Assert.That(rig.Run("28 00 00 00 00 00 00 00 08 00", limit: 0).TransferLength, Is.EqualTo(4096));
    }

    [Test]
    public void DamageIsAMediumErrorWithTheBlock()
    {
        using var rig = new ScsiRig();
        rig.Volume.Failure = new VolumeResult(VolumeStatus.Damaged, 0x3000);
        var answer = rig.Run("28 00 00 00 00 10 00 00 20 00");
        answer.MustFail(3, 0x1100);
        Assert.That(answer.HasInformation);
        Assert.That(answer.Information, Is.EqualTo(0x18));
    }

    [Test]
    public void NoSpaceIsDataProtect()
    {
        using var rig = new ScsiRig();
        rig.Volume.Failure = new VolumeResult(VolumeStatus.NoSpace);
        var answer = rig.Run("2A 00 00 00 00 10 00 00 01 00", new byte[512]);
        answer.MustFail(7, 0x2707);
        Assert.That(answer.TransferLength, Is.EqualTo(512));
    }

    [TestCase(VolumeStatus.Unavailable, ScsiStatus.Busy)]
    [TestCase(VolumeStatus.Removed, ScsiStatus.CheckCondition)]
    [TestCase(VolumeStatus.OutOfRange, ScsiStatus.CheckCondition)]
    public void OtherFailuresAreStatuses(VolumeStatus failure, ScsiStatus expected)
    {
        using var rig = new ScsiRig();
        rig.Volume.Failure = new VolumeResult(failure);
        Assert.That(rig.Run("28 00 00 00 00 00 00 00 01 00").Status, Is.EqualTo(expected));
        Assert.That(rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512]).Status, Is.EqualTo(expected));
    }

    [Test]
    public void AVolumeThatTakesItsTimeIsAwaited()
    {
        using var rig = new ScsiRig();
        rig.Volume.IsHeld = true;
        rig.Volume.Fill(0, 512, 0x42);
        var command = rig.Prepare([0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        var task = rig.Device.ExecuteAsync(command);
        Assert.That(task.IsCompleted, Is.False);
        rig.Volume.Release();
        Assert.That(task.IsCompletedSuccessfully);
        task.GetAwaiter().GetResult();
        Assert.That(ScsiRig.Finish(command).Data[0], Is.EqualTo(0x42));
    }

    [Test]
    public void AReadOnlyMappingRefusesWrites()
    {
        using var rig = new ScsiRig();
        rig.Configuration = rig.Configuration with { Luns = [new LunMapping(0, "v0", IsReadOnly: true)] };
        rig.Apply();
        rig.ClearUnitAttentions(rig.Nexus);
        rig.Run("2A 00 00 00 00 00 00 00 01 00", new byte[512]).MustFail(7, 0x2700);
        rig.Run("28 00 00 00 00 00 00 00 01 00").MustBeGood();
        Assert.That(rig.Run("1A 00 3F 00 FF 00").Data[2] & 0x80, Is.EqualTo(0x80));
    }

    [TestCase(false)]
#if !DEBUG
    // A debug build makes an object of every asynchronous method's state.
    [TestCase(true)]
#endif
    public void ReadAndWriteAllocateNothing(bool isAwaited)
    {
        using var rig = new ScsiRig();
        rig.Volume.IsLogging = false;
        rig.Volume.Later = isAwaited ? new PooledCompletion() : null;
        var read = rig.Prepare([0x28, 0, 0, 0, 0, 0, 0, 0, 8, 0]);
        var write = rig.Prepare([0x8A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0], s_pattern);
        Execute(rig, read, write, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Execute(rig, read, write, 10_000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        ScsiRig.Finish(write);

        // The runtime makes a few objects of its own when it loads a type or compiles a method anew, at moments that nobody
        // chooses. The smallest object for each command would come to 480,000 bytes.
        Assert.That(allocated, Is.LessThan(20_000), "bytes in 20,000 commands");
        Assert.That(rig.Volume.Bytes, Has.Length.EqualTo(Blocks * 512));

        static void Execute(ScsiRig rig, ScsiCommand read, ScsiCommand write, int count)
        {
            for (var i = 0; i < count; i++)
            {
                Run(rig, read);
                read.DataIn.Buffer.Release();
                read.DataIn = default;
                Run(rig, write);
            }
        }

        static void Run(ScsiRig rig, ScsiCommand command)
        {
            rig.Device.DataOutLength(command);
            var task = rig.Device.ExecuteAsync(command);
            rig.Volume.Later?.Complete();
            task.GetAwaiter().GetResult();
        }
    }
}
