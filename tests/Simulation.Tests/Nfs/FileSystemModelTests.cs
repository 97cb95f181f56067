using Uss.NfsFrontend.Nfs;
using Uss.Simulation.Linearizability;
using Uss.Simulation.Nfs;

namespace Uss.Simulation.Tests.Nfs;

/// <summary>The model of names and the checker for any model.</summary>
public sealed class FileSystemModelTests
{
    private const ulong Root = 1 | NameState.DirectoryBit;
    private const ulong Below = 9 | NameState.DirectoryBit;

    [Test]
    public void Calls_one_after_the_other_fit()
    {
        Assert.That(
            Violation(
                Make(0, 1, "a", 5),
                Of(NfsProcedure.Lookup, 2, 3, "a", 5),
                Of(NfsProcedure.Link, 4, 5, "b", 5),
                Of(NfsProcedure.GetAttributes, 6, 7, "", 5) with { Links = 2 },
                Of(NfsProcedure.Remove, 8, 9, "a"),
                Of(NfsProcedure.Lookup, 10, 11, "a", status: NfsStatus.NoEntry),
                Of(NfsProcedure.Rename, 12, 13, "b") with { OtherDirectory = Root, OtherName = "c" },
                Of(NfsProcedure.ReadDirectory, 14, 15) with { Listed = [("c", 5)] }),
            Is.Null);
    }

    [Test]
    public void A_name_that_comes_back_does_not_fit()
    {
        Assert.That(
            Violation(Make(0, 1, "a", 5), Of(NfsProcedure.Remove, 2, 3, "a"), Of(NfsProcedure.Lookup, 4, 5, "a", 5))?.Procedure,
            Is.EqualTo(NfsProcedure.Lookup));
    }

    [Test]
    public void Two_guarded_creations_of_one_name_do_not_both_succeed()
    {
        Assert.That(Violation(Make(0, 10, "a", 5), Make(0, 10, "a", 6)), Is.Not.Null);
        Assert.That(Violation(Make(0, 10, "a", 5), Make(0, 10, "a", 0, NfsStatus.Exists)), Is.Null);
        Assert.That(Violation(Make(0, 1, "a", 5), Make(2, 3, "a", 5) with { IsUnchecked = true }), Is.Null);
        Assert.That(Violation(Make(0, 1, "a", 5), Make(2, 3, "a", 6) with { IsUnchecked = true }), Is.Not.Null);
    }

    [Test]
    public void A_directory_with_names_is_not_removed_and_one_that_is_gone_is_stale()
    {
        var made = Of(NfsProcedure.MakeDirectory, 0, 1, "d", Below);
        var inside = Make(2, 3, "x", 5) with { Directory = Below };
        Assert.That(Violation(made, inside, Of(NfsProcedure.RemoveDirectory, 4, 5, "d")), Is.Not.Null);
        Assert.That(Violation(made, inside, Of(NfsProcedure.RemoveDirectory, 4, 5, "d", status: NfsStatus.NotEmpty)), Is.Null);
        Assert.That(Violation(made, Of(NfsProcedure.RemoveDirectory, 2, 3, "d"), inside with { Start = 4, End = 5 }), Is.Not.Null);
        Assert.That(
            Violation(made, Of(NfsProcedure.RemoveDirectory, 2, 3, "d"), inside with { Start = 4, End = 5, Status = NfsStatus.Stale }), Is.Null);
    }

    [Test]
    public void What_was_gone_before_its_maker_was_told_may_have_been_seen_by_others()
    {
        var unknown = Make(0, 10, "a", 1 | NameState.UnknownBit);
        Assert.That(Violation(unknown, Of(NfsProcedure.Lookup, 2, 3, "a", 7), Of(NfsProcedure.Remove, 4, 5, "a")), Is.Null);
        Assert.That(Violation(unknown, Make(2, 3, "b", 7), Of(NfsProcedure.Lookup, 11, 12, "a", 7)), Is.Not.Null);
    }

    [Test]
    public void Lengths_grow_by_writes_and_are_cut()
    {
        LengthOperation[] history =
        [
            new() { Client = "a", Start = 0, End = 10, AtLeast = 100, Before = 0, After = 100 },
            new() { Client = "b", Start = 0, End = 10, AtLeast = 50, Before = 100, After = 100 },
            new() { Client = "a", Start = 11, End = 12, Exactly = 20, Before = 100, After = 20 },
            new() { Client = "b", Start = 13, End = 14, Before = 20 },
        ];
        var checker = new HistoryChecker<LengthOperation, LengthState>();
        Assert.That(checker.FindViolation(history, default), Is.Null);
        history[3].Before = 100;
        Assert.That(checker.FindViolation(history, default), Is.EqualTo(history[3]));
    }

    private static NameOperation? Violation(params NameOperation[] history)
    {
        var claimed = history.Where(one => one.Procedure == NfsProcedure.Create && !one.IsUnchecked).Select(one => one.Inode).ToHashSet();
        return new HistoryChecker<NameOperation, NameState>().FindViolation(history, new NameState(Root, claimed));
    }

    private static NameOperation Make(long start, long end, string name, ulong inode, NfsStatus status = NfsStatus.Ok) =>
        Of(NfsProcedure.Create, start, end, name, inode, status);

    private static NameOperation Of(
        NfsProcedure procedure, long start, long end, string name = "", ulong inode = 0, NfsStatus status = NfsStatus.Ok) => new()
        {
            Procedure = procedure,
            Client = "c",
            Start = start,
            End = end,
            Directory = Root,
            Name = name,
            Inode = inode,
            Status = status,
        };
}
