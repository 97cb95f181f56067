using FsCheck;
using FsCheck.Fluent;

namespace Uss.Target.Tests.Scsi;

/// <summary>Whatever an initiator sends: no exception, no leak, nothing outside of the volume (which the volume checks).</summary>
public class ScsiFuzzTests
{
    private static readonly byte[] s_codes = [.. Enumerable.Range(0, 256).Select(i => (byte)i).Where(Target.Scsi.CommandTable.IsSupported)];

    [Test]
    public void AnyBytesAreAnswered()
    {
        var bytes = ArbMap.Default.GeneratorFor<byte>().ArrayOf(16);
        Check(from cdb in bytes from data in Data() from limit in Gen.Choose(0, 70000) select (cdb, data, limit), 500);
    }

    [Test]
    public void KnownCommandsWithPlausibleFieldsAreAnswered()
    {
        // Mostly small values, so that addresses and lengths often lie near the edges of the medium.
        var small = Gen.Choose(0, 9).Select(i => (byte)i);
        var value = Gen.Frequency((6, Gen.Constant((byte)0)), (3, small), (1, ArbMap.Default.GeneratorFor<byte>()));
        var cdbs = from code in Gen.Elements(s_codes)
                   from rest in value.ArrayOf(15)
                   select (byte[])[code, .. rest];
        Check(from cdb in cdbs from data in Data() from limit in Gen.Choose(0, 70000) select (cdb, data, limit), 3000);
    }

    private static Gen<byte[]> Data() =>
        from length in Gen.OneOf(Gen.Choose(0, 100), Gen.Choose(0, 16).Select(i => i * 512))
        from data in Gen.Frequency((3, Gen.Constant((byte)0)), (1, ArbMap.Default.GeneratorFor<byte>())).ArrayOf(length)
        select data;

    private static void Check(Gen<(byte[] Cdb, byte[] Data, int Limit)> commands, int count)
    {
        using var rig = new ScsiRig();
        rig.Volume.IsLogging = false;
        Prop.ForAll(commands.ToArbitrary(), command =>
        {
            var answer = rig.Run(command.Cdb, command.Data, command.Limit);
            return answer.Data.Length <= command.Limit && answer.TransferLength >= 0 && rig.Pool.RentedBuffers == 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithEndSize(200));
    }
}
