using Uss.NfsFrontend.Nfs;
using Uss.Runtime;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Any bytes as arguments give results that can be decoded (as far as they are decoded by <see cref="FileReply"/>: to the last byte).</summary>
public sealed class FileFuzzTests
{
    private static readonly NfsProcedure[] _procedures = [.. Enum.GetValues<NfsProcedure>().Where(procedure => procedure != NfsProcedure.Null)];

    [TestCase(1u)]
    [TestCase(2u)]
    public void Random_bytes(ulong seed)
    {
        using var rig = new FileRig(seed);
        var random = new SeededRandom(seed);
        var handles = Handles(rig);
        for (var call = 0; call < 700; call++)
        {
            var bytes = new byte[random.Next(random.Chance(0.1) ? 8000 : 200)];
            random.Fill(bytes);

            // Small numbers are lengths, counts and booleans: so that the bytes behind them count as well.
            for (var i = 0; i + 4 <= bytes.Length; i += 4)
            {
                if (random.Chance(0.7))
                    (bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]) = (0, 0, 0, (byte)(random.Chance(0.8) ? random.Next(3) : random.Next(256)));
            }

            Do(rig, random, handles, bytes);
        }

        Assert.That(rig.Attributes(rig.Top).Type, Is.EqualTo(FileType.Directory));
        Assert.That(rig.Names(rig.Top), Is.Unique);
    }

    [Test]
    public void Arguments_cut_off_and_changed_at_any_place()
    {
        using var rig = new FileRig();
        var random = new SeededRandom(3);
        var handles = Handles(rig);
        var whole = new ArgumentsBuilder().Handle(rig.Top).Opaque("name"u8).UInt32(0)
            .Attributes(new SetAttributes
            {
                Mode = 1,
                UserId = 2,
                GroupId = 3,
                Length = 4,
                AccessedChange = TimeChange.Given,
                ModifiedChange = TimeChange.Given,
            })
            .Opaque("path"u8).ToArray();
        for (var length = 0; length <= whole.Length; length++)
        {
            Do(rig, random, handles, whole[..length]);
            var changed = (byte[])whole.Clone();
            for (var change = 0; change < 3; change++)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            Do(rig, random, handles, changed);
        }
    }

    private static FileHandle[] Handles(FileRig rig)
    {
        rig.SetAttributes(rig.Top, new SetAttributes { Mode = 0x1FF });
        var file = rig.File(rig.Top, "f");
        var directory = rig.Folder(rig.Top, "d");
        rig.File(directory, new string('n', 255));
        return [rig.Top, file, directory, FileCalls.Made(rig.MakeLink(rig.Top, "l", new string('p', 4096))), rig.Top with { Generation = 5 }];
    }

    private static void Do(FileRig rig, SeededRandom random, FileHandle[] handles, byte[] bytes)
    {
        foreach (var procedure in _procedures)
        {
            var arguments = new ArgumentsBuilder();
            for (var i = 0; i + 4 <= bytes.Length; i += 4)
                arguments.UInt32(System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(i)));
            rig.Caller = random.Chance(0.5) ? FileRig.Root : FileRig.Bob;
            var (first, second) = (handles[random.Next(handles.Length)], handles[random.Next(handles.Length)]);
            var offset = (long)(random.NextUInt64() >> random.Next(64));
            var (count, room) = (random.Next(NfsLimits.TransferBytes), (uint)random.NextUInt64());
            var reply = rig.Do(procedure, first, arguments, second, offset: offset, count: count, room: room);
            if (reply.Ticket != 0)
                rig.EndWrite(reply);
        }
    }
}
