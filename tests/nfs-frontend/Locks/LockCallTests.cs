using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Uss.Runtime;

namespace Uss.NfsFrontend.Locks.Tests;

/// <summary>Calls and answers as bytes between nodes.</summary>
public sealed class LockCallTests
{
    [Test]
    public void A_call_is_the_same_after_its_way([Range(1, 50)] int seed)
    {
        var call = RandomCall(new SeededRandom((ulong)seed));
        var bytes = new byte[call.Size];
        call.Write(bytes);
        Assert.That(bytes, Has.Length.LessThanOrEqualTo(LockCall.MaximumSize));
        Assert.That(LockCall.TryParse(bytes, out var parsed));
        var again = new byte[parsed.Size];
        parsed.Write(again);
        Assert.That(again, Is.EqualTo(bytes));
        Assert.That(parsed.IsSameLock(call) && parsed.Kind == call.Kind && parsed.State == call.State && parsed.Share == call.Share);
        Assert.That((parsed.FileSystem, parsed.Generation, parsed.Host.Server), Is.EqualTo((call.FileSystem, call.Generation, call.Host.Server)));
        Assert.That((parsed.IsBlocking, parsed.KeepsState), Is.EqualTo((call.IsBlocking, call.KeepsState)));
        Assert.That(parsed.FileHandle.Span.SequenceEqual(call.FileHandle.Span) && parsed.FrontEnd.Span.SequenceEqual(call.FrontEnd.Span));
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.That(LockCall.TryParse(bytes.AsSpan(0, cut), out _), Is.False);
        Assert.That(LockCall.TryParse([.. bytes, 0], out _), Is.False);
    }

    [TestCase(LockStatus.Granted, false)]
    [TestCase(LockStatus.Denied, true)]
    [TestCase(LockStatus.Failed, false)]
    public void An_answer_is_the_same_after_its_way(LockStatus status, bool hasHolder)
    {
        var holder = new LockHolder(true, 9, new byte[] { 1, 2, 3 }, new LockRange(7, LockRange.End));
        var reply = new LockReply(status, hasHolder ? holder : null);
        var bytes = new byte[reply.Size];
        reply.Write(bytes);
        Assert.That(LockReply.TryParse(bytes, out var parsed));
        Assert.That((parsed.Status, parsed.Holder is not null), Is.EqualTo((status, hasHolder)));
        if (hasHolder)
            Assert.That((parsed.Holder!.IsExclusive, parsed.Holder.Svid, parsed.Holder.Range), Is.EqualTo((true, 9u, holder.Range)));
        for (var cut = 0; cut < bytes.Length; cut++)
            Assert.That(LockReply.TryParse(bytes.AsSpan(0, cut), out _), Is.False);
    }

    [Test]
    public void No_bytes_make_a_parser_throw() =>
        Prop.ForAll<byte[], int>((bytes, place) =>
        {
            LockCall.TryParse(bytes, out _);
            LockReply.TryParse(bytes, out _);
            var call = RandomCall(new SeededRandom((ulong)bytes.Length));
            var spoiled = new byte[call.Size];
            call.Write(spoiled);
            foreach (var value in bytes)
                spoiled[(int)((uint)(place++ * 31) % (uint)spoiled.Length)] = value;
            return !LockCall.TryParse(spoiled, out var parsed) || parsed.Size <= LockCall.MaximumSize;
        }).QuickCheckThrowOnFailure();

    private static LockCall RandomCall(SeededRandom random) => new()
    {
        Kind = (LockCallKind)(1 + random.Next(8)),
        Host = new LockHost(
            RandomBytes(random, 1025),
            random.Chance(0.5) ? IPAddress.Parse("192.0.2.7") : IPAddress.Parse("2001:db8::7"),
            random.Chance(0.5) ? IPAddress.Parse("192.0.2.8") : IPAddress.Parse("2001:db8::8")),
        Inode = (ulong)random.Next(int.MaxValue) << 9,
        Generation = (uint)random.Next(int.MaxValue),
        Svid = (uint)random.Next(int.MaxValue),
        OwnerHandle = RandomBytes(random, 1025),
        Range = new LockRange(5, random.Chance(0.5) ? LockRange.End : 9),
        IsExclusive = random.Chance(0.5),
        IsBlocking = random.Chance(0.5),
        KeepsState = random.Chance(0.5),
        State = (uint)random.Next(int.MaxValue),
        Share = new LockShare((uint)random.Next(4), (uint)random.Next(4)),
        FileHandle = RandomBytes(random, 65),
        FileSystem = (uint)random.Next(int.MaxValue),
        FrontEnd = RandomBytes(random, 256),
    };

    private static byte[] RandomBytes(SeededRandom random, int below)
    {
        var bytes = new byte[random.Next(below)];
        random.Fill(bytes);
        return bytes;
    }
}
