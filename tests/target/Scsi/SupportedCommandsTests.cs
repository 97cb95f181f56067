using Uss.Target.Scsi;

namespace Uss.Target.Tests.Scsi;

public class SupportedCommandsTests
{
    [Test]
    public void AllCommandsAreReportedInOrder()
    {
        using var rig = new ScsiRig();
        var plain = rig.Run("A3 0C 00 00 00 00 00 00 FF FF 00 00");
        plain.MustBeGood();
        Assert.That(plain.Data, Has.Length.EqualTo(4 + CommandTable.Rows.Length * 8));
        Assert.That(
            Convert.ToHexString(plain.Data[..28]),
            Is.EqualTo((plain.Data.Length - 4).ToString("X8") + "0000000000000006" + "0300000000000006" + "0800000000000006"));
        var codes = plain.Data[4..].Chunk(8).Select(row => row[0] << 16 | row[2] << 8 | row[3]).ToArray();
        Assert.That(codes, Is.Ordered.And.Unique);
        var timed = rig.Run("A3 0C 80 00 00 00 00 00 FF FF 00 00");
        Assert.That(timed.Data, Has.Length.EqualTo(4 + CommandTable.Rows.Length * 20));
        Assert.That(Convert.ToHexString(timed.Data[4..24]), Is.EqualTo("0000000000020006" + "000A0000" + "00000000" + "0000001E"));
    }

    [TestCase("A3 0C 01 28 00 00 00 00 FF FF 00 00", "0003000A" + "281AFFFFFFFF1FFFFF00")]
    [TestCase("A3 0C 81 28 00 00 00 00 FF FF 00 00", "0083000A" + "281AFFFFFFFF1FFFFF00" + "000A0000000000000000001E")]
    [TestCase("A3 0C 02 9E 00 10 00 00 FF FF 00 00", "00030010" + "9E100000000000000000FFFFFFFF0000")]
    [TestCase("A3 0C 03 9E 00 10 00 00 FF FF 00 00", "00030010" + "9E100000000000000000FFFFFFFF0000")]
    [TestCase("A3 0C 03 28 00 00 00 00 FF FF 00 00", "0003000A" + "281AFFFFFFFF1FFFFF00")]
    [TestCase("A3 0C 03 28 00 01 00 00 FF FF 00 00", "00010000")]
    [TestCase("A3 0C 02 9E 00 11 00 00 FF FF 00 00", "00010000")]
    [TestCase("A3 0C 02 9E 01 10 00 00 FF FF 00 00", "00010000")]
    [TestCase("A3 0C 01 C0 00 00 00 00 FF FF 00 00", "00010000")]
    [TestCase("A3 0C 01 28 00 00 00 00 00 04 00 00", "0003000A")]
    [TestCase("A3 0D 00 00 00 00 00 00 00 10 00 00", "DA000000")]
    [TestCase("A3 0D 80 00 00 00 00 00 00 10 00 00", "DA00000C000000000000000000000000")]
    public void OneCommandByteByByte(string cdb, string expected)
    {
        using var rig = new ScsiRig();
        var answer = rig.Run(cdb);
        answer.MustBeGood();
        Assert.That(Convert.ToHexString(answer.Data), Is.EqualTo(expected));
    }

    [TestCase("A3 0C 01 9E 00 10 00 00 FF FF 00 00")]
    [TestCase("A3 0C 02 28 00 00 00 00 FF FF 00 00")]
    [TestCase("A3 0C 04 28 00 00 00 00 FF FF 00 00")]
    [TestCase("A3 0D 00 00 00 00 00 00 00 03 00 00")]
    [TestCase("A3 0E 00 00 00 00 00 00 00 03 00 00")]
    public void WhatMakesNoSenseIsRefused(string cdb)
    {
        using var rig = new ScsiRig();
        rig.Run(cdb).MustFail(5, 0x2400);
    }

    [Test]
    public void EveryBitThatIsNotReportedIsRefused()
    {
        using var rig = new ScsiRig();
        foreach (var row in CommandTable.Rows)
        {
            for (var bit = 8; bit < row.Usage.Length * 8; bit++)
            {
                var mask = 0x80 >> (bit % 8);
                if ((row.Usage[bit / 8] & mask) != 0 || (row.HasServiceAction && bit is >= 11 and < 16))
                    continue;
                var cdb = new byte[16];
                cdb[0] = row.OperationCode;
                cdb[1] = (byte)row.ServiceAction;
                cdb[bit / 8] |= (byte)mask;
                var answer = rig.Run(cdb);
                answer.MustFail(5, 0x2400);
                Assert.That(answer.Specific, Is.EqualTo(Convert.ToHexString([(byte)(0xC8 | (7 - bit % 8)), 0, (byte)(bit / 8)])));
            }
        }
    }
}
