using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>FSSTAT, FSINFO and PATHCONF (RFC 1813, 3.3.18 to 3.3.20).</summary>
public sealed class FileSystemInformationTests
{
    [Test]
    public void Room_is_that_of_the_pool()
    {
        using var rig = new FileRig();
        rig.Data.Room = (1 << 30, 1 << 20);
        var file = rig.File(rig.Top, "f");
        var reply = rig.Status(file);
        Assert.That(reply.Numbers, Is.EqualTo(new ulong[] { 1 << 30, 1 << 20, 1 << 20, 258, 256, 256, 0 }));
        Assert.That(reply.Attributes, Is.EqualTo(rig.Attributes(file)));
        rig.Folder(rig.Top, "d");
        Assert.That(rig.Status(file).Numbers[3], Is.EqualTo(259));
        rig.RemoveDirectory(rig.Top, "d");
        Assert.That(rig.Status(file).Numbers[3], Is.EqualTo(258));
    }

    [Test]
    public void What_the_file_system_can_do()
    {
        using var rig = new FileRig();
        var reply = rig.Information(rig.Top);
        const uint most = 1 << 20;
        Assert.That(reply.Numbers, Is.EqualTo(new ulong[] { most, most, 4096, most, most, 4096, 32 << 10, 16UL << 40, 1, 1 | 2 | 8 | 16 }));
        Assert.That(reply.Attributes, Is.EqualTo(rig.Attributes(rig.Top)));
        Assert.That(rig.Configuration(rig.Top).Numbers, Is.EqualTo(new ulong[] { 65_000, 255, 1, 1, 0, 1 }));
    }
}
