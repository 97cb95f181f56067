using Uss.Host.Serve;

namespace Uss.Host.Cluster;

/// <summary>What <c>uss serve --nodes N</c> was asked for.</summary>
internal sealed record LocalClusterOptions
{
    /// <summary>Environment variable that names a program to run in place of <c>uss</c> as the nodes; for tests.</summary>
    public const string ProgramVariable = "USS_NODE_PROGRAM";

    public const int MinimumNodes = 2;
    public const int MaximumNodes = 64;
    public const int DefaultNodePort = 7400;
    public const int DefaultWebPort = 8080;

    public required DataFolder Folder { get; init; }

    /// <summary>How many nodes; null: as many as there are.</summary>
    public int? Nodes { get; init; }

    /// <summary>Port of the iSCSI targets; null: as before, or the default.</summary>
    public int? IscsiPort { get; init; }

    /// <summary>Port of the NFS servers; 0: none; null: as before, or the default.</summary>
    public int? NfsPort { get; init; }

    /// <summary>Port of the web API; null: as before, or the default when it is free.</summary>
    public int? WebPort { get; init; }

    /// <summary>Port of the node-to-node protocol in a new cluster.</summary>
    public int NodePort { get; init; } = DefaultNodePort;

    /// <summary>Connections between the nodes are encrypted from now on; false: as before.</summary>
    public bool Tls { get; init; }

    /// <summary>Options of <c>uss node</c> that are handed on: disks and their size.</summary>
    public IReadOnlyList<string> NodeOptions { get; init; } = [];

    /// <summary>What runs a node: the program and its first arguments, without <c>node</c>.</summary>
    public IReadOnlyList<string> Program { get; init; } = OwnProgram();

    /// <summary>How long a node may take to become ready.</summary>
    public TimeSpan ReadyLimit { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How long a start waits for the rest once enough nodes are ready.</summary>
    public TimeSpan RestLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a child may take to stop before it is killed.</summary>
    public TimeSpan StopLimit { get; init; } = TimeSpan.FromSeconds(5);

    private static string[] OwnProgram()
    {
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named)
            return [named];
        var path = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(path) == "dotnet" ? [path, typeof(LocalClusterOptions).Assembly.Location] : [path];
    }
}
