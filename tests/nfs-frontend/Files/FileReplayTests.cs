using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Calls that are sent again.</summary>
public sealed class FileReplayTests
{
    private static readonly (string Name, Func<FileRig, uint, FileReply> Call)[] _calls =
    [
        ("SETATTR", (rig, xid) => rig.SetAttributes(rig.Top, new SetAttributes { Mode = 0x1ED }, rig.Lookup(rig.Top, ".").Attributes!.Value.Changed, xid)),
        ("CREATE", (rig, xid) => rig.Create(rig.Top, "new", xid: xid)),
        ("MKDIR", (rig, xid) => rig.MakeDirectory(rig.Top, "new", xid: xid)),
        ("SYMLINK", (rig, xid) => rig.MakeLink(rig.Top, "new", "path", xid: xid)),
        ("REMOVE", (rig, xid) => rig.Remove(rig.Top, "f", xid)),
        ("RMDIR", (rig, xid) => rig.RemoveDirectory(rig.Top, "d", xid)),
        ("RENAME", (rig, xid) => rig.Rename(rig.Top, "f", rig.Top, "g", xid)),
        ("LINK", (rig, xid) => rig.Link(rig.Lookup(rig.Top, "e").Handle!.Value, rig.Top, "h", xid)),
        ("WRITE", (rig, xid) => rig.Write(rig.Lookup(rig.Top, "e").Handle!.Value, 5, 5, xid)),
    ];

    private static IEnumerable<string> Names => _calls.Select(call => call.Name);

    [TestCaseSource(nameof(Names))]
    public void A_call_is_done_once(string name)
    {
        var call = _calls.Single(one => one.Name == name).Call;
        foreach (var isRestarted in new[] { false, true })
        {
            using var rig = Prepared();
            var first = call(rig, 5000);
            Assert.That(first.Status, Is.EqualTo(NfsStatus.Ok));
            var records = State(rig);
            if (isRestarted)
                rig.Restart();
            rig.Pass(50 * FileRig.Second);
            var again = call(rig, 5000);
            Assert.That(again.Status, Is.EqualTo(NfsStatus.Ok));
            Assert.That(
                (again.Handle, again.Attributes, again.After, again.OtherAfter),
                Is.EqualTo((first.Handle, first.Attributes, first.After, first.OtherAfter)));
            Assert.That((again.Before, again.OtherBefore), Is.EqualTo(((ValueTuple<ulong, NfsTime, NfsTime>?)null, (ValueTuple<ulong, NfsTime, NfsTime>?)null)),
                "what was before is not known any more");
            Assert.That(State(rig), Is.EqualTo(records));
        }
    }

    [TestCase("REMOVE")]
    [TestCase("CREATE")]
    public void Another_call_is_another_one(string name)
    {
        var call = _calls.Single(one => one.Name == name).Call;
        using var rig = Prepared();
        call(rig, 5000);
        Assert.That(call(rig, 5001).Status, Is.Not.EqualTo(NfsStatus.Ok));
        rig.Client++;
        Assert.That(call(rig, 5000).Status, Is.Not.EqualTo(NfsStatus.Ok), "of another client");
        rig.Client--;
        Assert.That(call(rig, 5000).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.MakeDirectory(rig.Top, "new2", xid: 5000).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Lookup(rig.Top, "new2").Status, Is.EqualTo(NfsStatus.Ok), "of another procedure");
    }

    [TestCase(true)]
    [TestCase(false)]
    public void After_two_minutes_it_is_a_new_call(bool isBusy)
    {
        using var rig = Prepared();
        rig.Remove(rig.Top, "f", xid: 5000);
        var count = rig.Store.Count;
        rig.Pass(121 * FileRig.Second);
        if (isBusy)
        {
            for (var i = 0; i < 20; i++)
                rig.SetAttributes(rig.Top, new SetAttributes { Mode = 0x1FF });
            Assert.That(rig.Store.Get(Keys.ReplyOrder(0)), Is.Null, "what is old goes");
            Assert.That(rig.Store.Count, Is.LessThan(count + 41));
        }

        Assert.That(rig.Remove(rig.Top, "f", xid: 5000).Status, Is.EqualTo(NfsStatus.NoEntry), "clients count round");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void What_was_refused_stays_refused(bool isRestarted)
    {
        using var rig = Prepared();
        Assert.That(rig.Remove(rig.Top, "new", xid: 5000).Status, Is.EqualTo(NfsStatus.NoEntry));
        rig.File(rig.Top, "new");
        if (isRestarted)
            rig.Restart();
        Assert.That(rig.Remove(rig.Top, "new", xid: 5000).Status, Is.EqualTo(NfsStatus.NoEntry), "a copy that comes late");
        Assert.That(rig.Remove(rig.Top, "new", xid: 5001).Status, Is.EqualTo(NfsStatus.Ok));
    }

    [Test]
    public void A_call_that_was_done_is_so_when_its_directory_has_gone_since()
    {
        using var rig = Prepared();
        var folder = rig.Folder(rig.Top, "folder");
        Assert.That(rig.Create(folder, "new", xid: 5000).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Remove(folder, "new", xid: 5001).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.RemoveDirectory(rig.Top, "folder").Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Remove(folder, "new", xid: 5001).Status, Is.EqualTo(NfsStatus.Ok));
        Assert.That(rig.Create(folder, "new", xid: 5000), Has.Property("Status").EqualTo(NfsStatus.Ok).And.Property("Handle").Null);
        Assert.That(rig.Remove(folder, "new", xid: 5002).Status, Is.EqualTo(NfsStatus.Stale));
    }

    [Test]
    public void Records_of_replies_do_not_pile_up()
    {
        using var rig = new FileRig();
        rig.File(rig.Top, "f");
        for (var i = 0; i < 500; i++)
        {
            rig.SetAttributes(rig.Top, new SetAttributes { Mode = 0x1FF });
            rig.Pass(FileRig.Second);
        }

        Assert.That(rig.Store.Count, Is.LessThan(260));
    }

    private static FileRig Prepared()
    {
        var rig = new FileRig();
        rig.File(rig.Top, "f");
        rig.File(rig.Top, "e");
        rig.Folder(rig.Top, "d");
        rig.World.RunFor(1);
        return rig;
    }

    private static string State(FileRig rig) =>
        string.Join("\n", rig.Store.Keys.Where(key => key.High >> 8 != 0).Select(key => $"{key} {Convert.ToHexString(rig.Store.Get(key)!)}"));
}
