using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Iscsi;

/// <summary>QEMU's own initiator carries a disk image to a LUN and back.</summary>
public sealed class DiskImageTests : EndToEndTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Test]
    [CancelAfter(240_000)]
    public void Image_ConvertedToLun_ComparesEqual_AlsoAfterARestart()
    {
        var service = StartService();
        service.Command("volume", "create", "image", "--size", "1G").Succeeded();
        service.Command("lun", "map", "image", "--lun", "1").Succeeded();
        var image = Folder["image.qcow2"];
        // An image with data, zeros and holes in uneven places, and a file system over some of it.
        Sandbox.Shell(
            Limit,
            $"""
            truncate -s 1G {Folder["raw"]}
            mkfs.ext4 -q -d /usr/share/common-licenses {Folder["raw"]}
            for at in 301 402 407 555 800; do
                dd if=/dev/urandom of={Folder["raw"]} bs=65536 seek=$((at * 16 + at % 3)) count=$((at % 7 * 40 + 1)) conv=notrunc status=none
            done
            dd if=/dev/zero of={Folder["raw"]} bs=1M seek=900 count=10 conv=notrunc status=none
            qemu-img convert -O qcow2 {Folder["raw"]} {image}
            rm {Folder["raw"]}
            """).Succeeded();

        Sandbox.Run(Limit, "qemu-img", "convert", "-n", "-O", "raw", image, service.Url(1)).Succeeded();
        Compare("at once");

        var (took, result) = service.Stop();
        Assert.That(result.ExitCode, Is.Zero, result.Output);
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(5)), "a clean stop");
        service.Start();
        Compare("after a restart");

        Sandbox.Run(Limit, "qemu-img", "convert", "-O", "qcow2", service.Url(1), Folder["back.qcow2"]).Succeeded();
        Sandbox.Run(Limit, "qemu-img", "compare", image, Folder["back.qcow2"]).Succeeded();

        void Compare(string when)
        {
            var compared = Sandbox.Run(Limit, "qemu-img", "compare", image, service.Url(1));
            Assert.That(compared.Output, Does.Contain("identical"), when);
        }
    }
}
