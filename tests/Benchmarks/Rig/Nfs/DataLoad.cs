namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>Reads and writes of the data file: by fio, but for durable writes, which its NFS engine cannot do.</summary>
/// <param name="fio">It; null when no case needs it.</param>
/// <param name="size">Length of the file, such as 1G.</param>
internal sealed class DataLoad(Fio? fio, string size)
{
    /// <summary>Pattern of the case of durable writes.</summary>
    public const string DurableWrite = "durable";

    private const int BlockBytes = 4096;

    // fio drops the calls that are under way when its time is over; now and then libnfs never returns from the unmount behind that.
    private const int Attempts = 4;
    private const int PatienceSeconds = 15;

    /// <summary>Length of the file.</summary>
    public string Size => size;

    /// <summary>Whether fio does a case.</summary>
    public static bool NeedsFio(FioCase workload) => workload.Pattern != DurableWrite;

    /// <summary>Writes the file in full.</summary>
    public void Fill(INfsServer server)
    {
        using var client = new NfsClient(server);
        client.Fill(RigOptions.Bytes(size));
    }

    /// <summary>Runs a case for a time.</summary>
    public FioResult Measure(FioCase workload, INfsServer server, int seconds)
    {
        using var client = new NfsClient(server);
        var result = NeedsFio(workload)
            ? RunFio(workload, server, seconds)
            : client.WriteAnywhere(RigOptions.Bytes(size), BlockBytes, workload.Depth, seconds);

        // What it left in the page cache is not written during the other's turn.
        client.Commit();
        return result;
    }

    private FioResult RunFio(FioCase workload, INfsServer server, int seconds)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return fio!.Measure(Fio.NfsFile(server.Url, NfsClient.DataFile), size, workload, seconds, [server.ProcessId], PatienceSeconds);
            }
            catch (ToolTimeoutException) when (attempt < Attempts)
            {
                Console.WriteLine($"{workload.Key,-12} {server.Name,-8} fio did not end; once more");
            }
        }
    }
}
