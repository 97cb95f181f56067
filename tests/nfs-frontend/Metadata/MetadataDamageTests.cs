namespace Uss.NfsFrontend.Metadata.Tests;

public sealed class MetadataDamageTests
{
    [Test]
    public void What_was_never_formatted_is_told_from_what_is_damaged()
    {
        using var rig = new MetadataRig();
        rig.Space.Poke(0, new byte[4096]);
        var odd = new byte[4096];
        rig.Space.Peek(4096, odd);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-unformatted"), "half formatted");
        rig.Space.Poke(4096, new byte[4096]);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-unformatted"));
        odd[100] ^= 1;
        rig.Space.Poke(4096, odd);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-damaged"));
    }

    [TestCase(0)]
    [TestCase(4096)]
    public void A_superblock_that_is_gone_is_damage(long offset)
    {
        using var rig = new MetadataRig();
        rig.Open();
        for (var round = 0; round < 3; round++)
        {
            rig.Do(records => records.Put(new RecordKey(1, 1), [(byte)round]));
            rig.Close();
            rig.Open();
        }

        rig.Close();
        rig.Space.Poke(offset, new byte[4096]);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-damaged"));
    }

    [Test]
    public void A_newer_layout_is_refused_by_name()
    {
        using var rig = new MetadataRig();
        var block = new byte[4096];
        rig.Space.Peek(0, block);
        MetadataSuperblock.TryParse(block, out var superblock);
        superblock.Version = MetadataLayout.Version + 1;
        superblock.Write(block, default);
        rig.Space.Poke(0, block);
        Assert.That(rig.TryOpen()!.Code, Is.EqualTo("metadata-version"));
    }

    [Test]
    public void A_page_that_cannot_be_read_fails_its_operations_and_no_others()
    {
        using var rig = new MetadataRig();
        rig.Open();
        MetadataStoreTests.Fill(rig, 4000);
        rig.Close();
        var store = rig.Open();
        rig.Space.FailsAt = offset => offset >= MetadataLayout.PageOffset(256 << 10, 0);
        Assert.That(rig.Run(records => records.TryGet(new RecordKey(5 << 8, 1), out _)), Is.EqualTo(RecordStatus.Damaged));
        Assert.That(rig.Run(records => records.Put(new RecordKey(5 << 8, 1), [])), Is.EqualTo(RecordStatus.Damaged));
        rig.Space.FailsAt = null;
        Assert.That(rig.Get(new RecordKey(5 << 8, 1)), Is.Not.Null);
        Assert.That(store.IsLost, Is.False);
        rig.Check();
        rig.Close();
    }

    [Test]
    public void A_flipped_bit_in_a_page_is_damage_that_the_check_names()
    {
        using var rig = new MetadataRig();
        rig.Open();
        MetadataStoreTests.Fill(rig, 4000);
        rig.Close();
        var report = rig.Check();
        Assert.That((report.Records, report.LeakedPages), Is.EqualTo((4000, 0)));
        var damaged = 0;
        for (var page = 0; page < 200; page++)
        {
            var offset = MetadataLayout.PageOffset(256 << 10, page) + rig.Random.Next(Page.Size);
            if (!rig.Space.IsPresent(offset))
                continue;
            rig.Space.FlipBit(offset, 3);
            var found = rig.Run(() => MetadataCheck.RunAsync(rig.Owner)).Value!;
            rig.Space.FlipBit(offset, 3);
            if (found.IsClean)
                continue;
            Assert.That(found.Findings[0], Does.Contain($"Page {page} "));
            damaged++;
        }

        Assert.That(damaged, Is.EqualTo(report.Pages));
    }

    [Test]
    public void A_lost_write_of_a_page_is_noticed()
    {
        using var rig = new MetadataRig();
        rig.Open();
        MetadataStoreTests.Fill(rig, 4000);
        rig.Close();

        // An older page in the same place, with a checksum of its own.
        var old = new byte[Page.Size];
        Page.Create(old, new PageReference(3, 1), 0, MetadataRig.FileSystem).Seal();
        for (var page = 0; page < 100; page++)
        {
            var before = new byte[Page.Size];
            rig.Space.Peek(MetadataLayout.PageOffset(256 << 10, page), before);
            Page.Create(old, new PageReference(page, 1), 0, MetadataRig.FileSystem).Seal();
            rig.Space.Poke(MetadataLayout.PageOffset(256 << 10, page), old);
            var found = rig.Run(() => MetadataCheck.RunAsync(rig.Owner)).Value!;
            rig.Space.Poke(MetadataLayout.PageOffset(256 << 10, page), before);
            if (!found.IsClean)
                return;
        }

        Assert.Fail("no lost write was found");
    }
}
