using System.Diagnostics;
using System.Globalization;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>A client of one server: what fio's NFS engine cannot do. Each operation is one RPC.</summary>
internal sealed class NfsClient : IDisposable
{
    /// <summary>The file that data goes to, also fio's.</summary>
    public const string DataFile = "bench.dat";

    private const int FillBytes = 1 << 20;
    private const int FillDepth = 8;

    // Looking up and listing take so little that one pass would be over before the processors' clocks tick.
    private const int LookupPasses = 5;
    private const int ListPasses = 10;

    private readonly RpcStream _stream;
    private readonly NfsLoad _load;
    private readonly byte[] _root;

    /// <summary>Mounts the server's export.</summary>
    public NfsClient(INfsServer server)
    {
        using (var mount = new RpcStream(server.Export.MountPort))
            _root = Handle(mount.Call(NfsCalls.MountOf(server.Export.Path)));
        _stream = new RpcStream(server.Export.Port);
        _load = new NfsLoad(_stream, server.ProcessId);
    }

    /// <summary>Writes the data file in full, durably.</summary>
    public void Fill(long bytes)
    {
        _stream.Call(NfsCalls.Create(_root, DataFile));
        var file = Lookup(_root, DataFile);
        _load.Run(NfsCalls.WriteInTurn(file, Contents(FillBytes)), FillDepth, (int)(bytes / FillBytes));
        Commit();
    }

    /// <summary>Makes the data file durable.</summary>
    public void Commit() => _stream.Call(NfsCalls.Commit(Lookup(_root, DataFile)));

    /// <summary>Durable writes (FILE_SYNC) at random places of the data file.</summary>
    public FioResult WriteAnywhere(long fileBytes, int blockBytes, int depth, int seconds) => _load.RunFor(
        NfsCalls.WriteAnywhere(Lookup(_root, DataFile), fileBytes, Contents(blockBytes)),
        depth,
        TimeSpan.FromSeconds(seconds));

    /// <summary>
    /// Creates files in a fresh directory, looks them up, lists them and removes them; gives each of these under the name of the
    /// operation.
    /// </summary>
    public IReadOnlyDictionary<string, FioResult> UseFiles(int files, int depth)
    {
        var name = $"files-{Guid.NewGuid():N}";
        _stream.Call(NfsCalls.MakeDirectory(_root, name));
        var directory = Lookup(_root, name);
        var lookup = NfsCalls.LookupFiles(directory);
        var results = new Dictionary<string, FioResult>
        {
            ["create"] = _load.Run(NfsCalls.CreateFiles(directory), depth, files),
            ["lookup"] = _load.Run(lookup with { Write = (ref writer, number) => lookup.Write(ref writer, number % files) }, depth, files * LookupPasses),
            ["list"] = List(directory, files),
            ["remove"] = _load.Run(NfsCalls.RemoveFiles(directory), depth, files),
        };
        _stream.Call(NfsCalls.RemoveDirectory(_root, name));
        return results;
    }

    /// <summary>Creates files in directories of their own, which the uppermost directory then has.</summary>
    /// <param name="directories">How many directories.</param>
    /// <param name="files">Files in each.</param>
    /// <param name="depth">Calls under way.</param>
    /// <param name="progress">Is told how many files there are, after each directory.</param>
    /// <returns>How long it took.</returns>
    public TimeSpan MakeFiles(int directories, int files, int depth, Action<long> progress)
    {
        var clock = Stopwatch.StartNew();
        for (var number = 0; number < directories; number++)
        {
            _stream.Call(NfsCalls.MakeDirectory(_root, DirectoryName(number)));
            _load.Run(NfsCalls.CreateFiles(Lookup(_root, DirectoryName(number))), depth, files);
            progress((number + 1L) * files);
        }

        return clock.Elapsed;
    }

    /// <summary>Looks up random ones of the files that <see cref="MakeFiles"/> has made.</summary>
    public FioResult LookUpAnywhere(int directories, int files, int depth, int count)
    {
        var calls = Enumerable.Range(0, directories).Select(number => NfsCalls.LookupFiles(Lookup(_root, DirectoryName(number)))).ToList();
        var random = new Random();
        var anywhere = calls[0] with { Write = (ref writer, _) => calls[random.Next(directories)].Write(ref writer, random.Next(files)) };
        return _load.Run(anywhere, depth, count);
    }

    public void Dispose() => _stream.Dispose();

    private static string DirectoryName(int number) => string.Create(CultureInfo.InvariantCulture, $"d{number}");

    private static byte[] Contents(int length)
    {
        var data = new byte[length];
        Random.Shared.NextBytes(data);
        return data;
    }

    private static byte[] Handle(ReadOnlySpan<byte> results) => new XdrReader(results).Opaque(NfsLimits.HandleBytes).In(results).ToArray();

    private byte[] Lookup(byte[] directory, string name) => Handle(_stream.Call(NfsCalls.Lookup(directory, name)));

    private FioResult List(byte[] directory, int files)
    {
        var (pass, listed, page) = (0, 0, default(DirectoryPage));
        return _load.RunInTurn(() =>
        {
            if (pass == ListPasses)
                return null;
            page = DirectoryPage.Read(_stream.Call(NfsCalls.List(directory, page.Cookie, page.Verifier)));
            listed += page.Files;
            if (page.IsLast)
            {
                if (listed != files)
                    throw new BenchmarkException($"READDIRPLUS lists {listed} of {files} files");
                (pass, listed, page) = (pass + 1, 0, default);
            }

            return page.Files;
        });
    }
}
