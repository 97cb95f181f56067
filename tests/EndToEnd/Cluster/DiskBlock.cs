using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json;
using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.Cluster;

/// <summary>A block of 4 KiB as the disk of a stopped node has it.</summary>
/// <param name="Place">Space, object, snapshot sequence and block.</param>
/// <param name="Offset">Where its data lies on the disk, in bytes.</param>
/// <param name="Version">Of its latest write.</param>
/// <param name="Checksum">CRC-32C that its data must have.</param>
internal sealed record DiskBlock(string Place, long Offset, ulong Version, uint Checksum)
{
    /// <summary>What all copies of the block must have in common.</summary>
    public string Content => $"{Place} version {Version} CRC-32C {Checksum:x8}";

    /// <summary>The blocks with data that the last checkpoint of the disk knows.</summary>
    public static List<DiskBlock> AllOf(Sandbox sandbox, string disk)
    {
        string[] arguments = ["store", "inspect", disk, "--blocks", "--limit", "1000000", "-o", "json"];
        using var inspect = sandbox.Start(Repository.Program, arguments);
        using var document = JsonDocument.Parse(inspect.WaitForExit(TimeSpan.FromSeconds(60)).Succeeded());
        return
        [
            .. from layer in document.RootElement.GetProperty("objects").EnumerateArray()
               from block in layer.GetProperty("blocks").EnumerateArray()
               where block.GetProperty("offset").GetInt64() != 0
               select new DiskBlock(
                   $"{layer.GetProperty("space")}/{layer.GetProperty("index")}/{layer.GetProperty("sequence")}/{block.GetProperty("block")}",
                   block.GetProperty("offset").GetInt64(),
                   block.GetProperty("version").GetUInt64(),
                   block.GetProperty("checksum").GetUInt32()),
        ];
    }

    /// <summary>True when the data on the disk does not have the checksum.</summary>
    public bool IsDamaged(string disk)
    {
        using var file = File.OpenHandle(disk, share: FileShare.ReadWrite);
        Span<byte> data = stackalloc byte[StampedBlock.Size];
        RandomAccess.Read(file, data, Offset);
        var checksum = uint.MaxValue;
        for (var at = 0; at < data.Length; at += sizeof(ulong))
            checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(data[at..]));
        return ~checksum != Checksum;
    }

    /// <summary>Flips a bit of the data on the disk.</summary>
    public void Flip(string disk)
    {
        using var file = File.OpenHandle(disk, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        Span<byte> data = stackalloc byte[StampedBlock.Size];
        RandomAccess.Read(file, data, Offset);
        data[(int)(Checksum % StampedBlock.Size)] ^= 0x10;
        RandomAccess.Write(file, data, Offset);
    }
}
