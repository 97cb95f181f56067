using System.Security.Cryptography;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;
using Uss.EndToEnd.KernelClient;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// A test in which PostgreSQL and fio with verification work in a kernel guest on <see cref="ThreeMachines"/>: the database
/// through node1, fio through node2 on a volume that it keeps a mirror of in the guest's memory.
/// </summary>
public abstract class GuestLoadTest : MachinesTest
{
    private protected const string Initiator = "iqn.2026-11.local.uss.test:guest";

    private const int DatabaseLun = 1;
    private const int MirroredLun = 2;
    private const long DatabaseBytes = 1L << 30;
    private const long MirroredBytes = 64L << 20;
    private const int ChunkBytes = 1 << 19;

    private delegate void Piece(long offsetBytes, ReadOnlySpan<byte> data);

    /// <summary>Starts the nodes and makes the volumes of both loads.</summary>
    private protected void StartMachinesForGuest(MachineOptions options)
    {
        StartMachines(options);
        MakeVolume("database", "1G", DatabaseLun);
        MakeVolume("mirrored", "64M", MirroredLun);
    }

    private protected void MakeVolume(string name, string size, int lun)
    {
        Machines.Uss(1, "volume", "create", name, "--size", size).Succeeded();
        Machines.Uss(1, "lun", "map", name, "--lun", $"{lun}").Succeeded();
    }

    /// <summary>Starts the guest with a script of <c>KernelClient/</c> that runs both loads.</summary>
    private protected KernelGuest StartGuest(
        string script, IReadOnlyDictionary<string, string> variables, IReadOnlyDictionary<string, Func<string>> answers)
    {
        var all = new Dictionary<string, string>(variables)
        {
            ["LIBRARY"] = Repository.KernelClient,
            ["PORTAL"] = ThreeMachines.Portals[0],
            ["SECOND_PORTAL"] = ThreeMachines.Portals[1],
            ["TARGET"] = UssService.TargetIqn,
            ["INITIATOR"] = Initiator,
            ["SCALE"] = "1",
        };
        return new KernelGuest(Sandbox, script, all, answers, "1G");
    }

    /// <summary>Through every node: fio's volume is what its mirror is, and the database's is one.</summary>
    private protected void CompareVolumes(string mirror)
    {
        var bytes = new FileInfo(mirror).Length;
        Assert.That(bytes, Is.EqualTo(MirroredBytes));
        var hashes = new string[ThreeMachines.NodeCount];
        for (var node = 1; node <= ThreeMachines.NodeCount; node++)
        {
            using var expected = File.OpenRead(mirror);
            var copy = new byte[ChunkBytes];
            InSession(node, MirroredLun, session => Read(session, bytes, (offset, data) =>
            {
                expected.ReadExactly(copy);
                if (!data.SequenceEqual(copy))
                    Assert.Fail($"node{node} and the mirror differ at {offset + data.CommonPrefixLength(copy)}");
            }));
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            InSession(node, DatabaseLun, session => Read(session, DatabaseBytes, (_, data) => hash.AppendData(data)));
            hashes[node - 1] = Convert.ToHexString(hash.GetHashAndReset());
        }

        Assert.That(hashes, Has.All.EqualTo(hashes[0]), "the database's volume through each node");
        TestContext.Out.WriteLine("the volumes are equal to the mirror and to each other through all nodes");
    }

    private static void Read(LibiscsiSession session, long bytes, Piece piece)
    {
        var data = new byte[ChunkBytes];
        for (var offset = 0L; offset < bytes; offset += data.Length)
        {
            session.Read(offset, data);
            piece(offset, data);
        }
    }
}
