using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Uss.Host.Cluster;
using Uss.Host.Serve;
using Uss.Runtime;

namespace Uss.Host.Cli;

/// <summary><c>uss serve</c>, which <c>./run</c> starts.</summary>
internal static class ServeCommand
{
    private static readonly Option<string[]> _iscsi = new("--iscsi")
    {
        Description = $"Where the iSCSI target listens; repeatable [default: {ServeOptions.DefaultIscsi}]",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<string?> _web = new("--web")
    {
        Description = $"Where the web pages will listen [default: {ServeOptions.DefaultWeb}]; no effect yet",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<string[]> _nfs = new("--nfs")
    {
        Description = $"Where the NFS server listens, or '{ServeOptions.NoNfs}'; repeatable "
            + $"[default: {ServeOptions.DefaultNfs}; for a node of a cluster the address of --listen]",
        HelpName = "HOST:PORT",
    };

    private static readonly Option<string> _portMapper = PortMapperOption();

    private static readonly Option<int?> _disks = new("--disks")
    {
        Description = $"File-backed disks in the data folder [default on the first start: {ServeOptions.DefaultDisks}]",
        HelpName = "N",
    };

    private static readonly Option<string> _diskSize = new("--disk-size")
    {
        Description = "Size of a new file-backed disk, sparse",
        HelpName = "SIZE",
        DefaultValueFactory = _ => ServeOptions.DefaultDiskSize,
    };

    private static readonly Option<int?> _nodes = new("--nodes")
    {
        Description = "Run a cluster of this many nodes on this machine, on 127.0.0.1 to 127.0.0.N [default: 1]",
        HelpName = "N",
    };

    private static readonly Option<bool> _tls = new("--tls")
    {
        Description = "With --nodes: encrypt connections between the nodes, from now on",
    };

    private static readonly Option<string[]> _disk = new("--disk")
    {
        Description = "Block device or file to use as a disk; repeatable. It is remembered for later starts",
        HelpName = "PATH",
    };

    private static readonly Option<bool> _format = new("--format")
    {
        Description = "Format disks that hold something else, which is lost. Disks of this service are never formatted",
    };

    private static readonly Option<string[]> _initiator = new("--initiator")
    {
        Description = "Initiator that may log in ('*': any), as a rule that stays; repeatable",
        HelpName = "IQN",
    };

    private static readonly Option<string?> _chapUser = new("--chap-user")
    {
        Description = "CHAP user that the initiators of --initiator must prove (without --initiator: any)",
        HelpName = "USER",
    };

    private static readonly Option<string?> _chapSecretFile = new("--chap-secret-file")
    {
        Description = "File whose first line is the secret of --chap-user",
        HelpName = "FILE",
    };

    private static readonly Option<bool> _requireRule = new("--require-rule")
    {
        Description = "Let nobody in without an initiator rule, not even over loopback",
    };

    /// <summary>Options that a node of a cluster has too.</summary>
    public static Option[] NodeOptions =>
        [_iscsi, _web, _nfs, _portMapper, _disks, _diskSize, _disk, _format, _initiator, _chapUser, _chapSecretFile, _requireRule];

    public static Verb Create() => new Verb(
        "serve",
        "Serve volumes over iSCSI and file systems over NFS in the foreground, on file-backed disks or block devices",
        "uss serve",
        "uss serve --data /srv/uss --disks 4 --disk-size 100G",
        "uss serve --nodes 3 --data /srv/uss   # a cluster on one machine",
        "uss serve --data /srv/uss --disk /dev/sdb --disk /dev/sdc",
        "uss serve --nfs 192.0.2.10:2049        # whom it serves: uss export set PATH --client 192.0.2.0/24",
        "uss serve --iscsi 192.0.2.10:3260 --initiator iqn.1993-08.org.debian:01:4f0cf54bb7b",
        "uss serve --iscsi 0.0.0.0:3260 --chap-user all --chap-secret-file secret.txt")
        .With(_iscsi, _web, _nfs, _portMapper, _disks, _diskSize, _disk, _format, _nodes, _tls, _initiator, _chapUser, _chapSecretFile, _requireRule)
        .Does(async (parsed, _) =>
        {
            using var shutdown = new Shutdown();
            if (ClusterOptionsOf(parsed) is { } cluster)
                await LocalCluster.RunAsync(cluster, parsed.InvocationConfiguration.Output, shutdown.Asked);
            else
                await Service.RunAsync(OptionsOf(parsed), parsed.InvocationConfiguration.Output, shutdown.Asked);
        });

    /// <summary>Somebody said where the target is to listen.</summary>
    internal static bool IsIscsiGiven(ParseResult parsed) => parsed.GetValue(_iscsi) is { Length: > 0 };

    /// <summary>Somebody said where the NFS server is to listen, or that it is not to.</summary>
    internal static bool IsNfsGiven(ParseResult parsed) => parsed.GetValue(_nfs) is { Length: > 0 };

    /// <summary>Reads and checks the options.</summary>
    internal static ServeOptions OptionsOf(ParseResult parsed)
    {
        var iscsi = parsed.GetValue(_iscsi) is { Length: > 0 } given ? given : [ServeOptions.DefaultIscsi];
        var withoutEffect = new List<string>();
        if (parsed.GetValue(_web) is { } web)
            withoutEffect.Add($"--web {ParseEndpoint("--web", web)}");
        var disks = DisksOf(parsed);
        if (disks is 0 && parsed.GetValue(_disk) is not { Length: > 0 })
            throw CommandFailure.Usage("--disks: 0 leaves no disk to store data on.", "Use 1 or more, or give disks with --disk PATH.");
        return new ServeOptions
        {
            Folder = GlobalOptions.DataOf(parsed),
            Iscsi = [.. iscsi.Select(text => ParseEndpoint("--iscsi", text)).Distinct()],
            Nfs = NfsOf(parsed),
            PortMapper = Enum.Parse<PortMapperUse>(parsed.GetRequiredValue(_portMapper), ignoreCase: true),
            Disks = disks,
            DiskSizeBytes = DiskSize(parsed.GetRequiredValue(_diskSize)),
            DiskPaths = parsed.GetValue(_disk) ?? [],
            Format = parsed.GetValue(_format),
            Initiators = parsed.GetValue(_initiator) ?? [],
            ChapUser = parsed.GetValue(_chapUser),
            ChapSecretFile = parsed.GetValue(_chapSecretFile),
            RequireRule = parsed.GetValue(_requireRule),
            WithoutEffect = withoutEffect,
        };
    }

    /// <summary>Reads and checks the options of a cluster on one machine; null when they ask for a single node.</summary>
    internal static LocalClusterOptions? ClusterOptionsOf(ParseResult parsed)
    {
        var folder = GlobalOptions.DataOf(parsed);
        var nodes = parsed.GetValue(_nodes);
        if (nodes is < 1 or > LocalClusterOptions.MaximumNodes)
        {
            throw CommandFailure.Usage(
                $"--nodes: {nodes} is no number of nodes.", $"Use a number from 1 to {LocalClusterOptions.MaximumNodes}.");
        }

        // A folder that holds a cluster is served as one.
        if (nodes is 1 || (nodes is null && !File.Exists(new ClusterFolder(folder).LayoutFile)))
            return parsed.GetValue(_tls) ? throw CommandFailure.Usage(
                "--tls: a single node has no other nodes to speak to.", "Leave it out, or run a cluster with --nodes 3.") : null;
        string? alien = parsed.GetValue(_disk) is { Length: > 0 } ? "--disk"
            : parsed.GetValue(_format) ? "--format"
            : parsed.GetValue(_initiator) is { Length: > 0 } ? "--initiator"
            : parsed.GetValue(_chapUser) is not null ? "--chap-user"
            : parsed.GetValue(_chapSecretFile) is not null ? "--chap-secret-file"
            : parsed.GetValue(_requireRule) ? "--require-rule"
            : null;
        if (alien is not null)
        {
            throw CommandFailure.Usage(
                $"{alien} does not go with a cluster on one machine.",
                "Leave it out: its nodes use disk files, and `uss initiator create` makes rules.");
        }

        List<string> handedOn = ["--disk-size", DiskSize(parsed.GetRequiredValue(_diskSize)).ToString(CultureInfo.InvariantCulture)];
        if (DisksOf(parsed) is { } disks)
        {
            if (disks == 0)
                throw CommandFailure.Usage("--disks: 0 leaves no disk to store data on.", "Use 1 or more.");
            handedOn.AddRange(["--disks", disks.ToString(CultureInfo.InvariantCulture)]);
        }

        return new LocalClusterOptions
        {
            Folder = folder,
            Nodes = nodes,
            IscsiPort = LoopbackPort("--iscsi", parsed.GetValue(_iscsi) ?? []),
            NfsPort = IsNfsOff(parsed) ? 0 : LoopbackPort("--nfs", parsed.GetValue(_nfs) ?? []),
            WebPort = LoopbackPort("--web", parsed.GetValue(_web) is { } web ? [web] : []),
            Tls = parsed.GetValue(_tls),
            NodeOptions = handedOn,
        };
    }

    private const int MaximumDisks = 64;

    // A disk smaller than this has hardly room beside its log and maps.
    private const long MinimumDiskBytes = 64L << 20;

    // The nodes have addresses of their own on loopback; what can be chosen is the port.
    private static int? LoopbackPort(string option, string[] given)
    {
        if (given.Length == 0)
            return null;
        var endpoint = ParseEndpoint(option, given[0]);
        if (given.Length == 1 && endpoint.Port != 0 && endpoint.Address.Equals(IPAddress.Loopback))
            return endpoint.Port;
        throw CommandFailure.Usage(
            $"{option}: the nodes of a cluster on one machine listen on 127.0.0.1 to 127.0.0.N, at the same port.",
            $"Give the port once, for example {option} 127.0.0.1:{endpoint.Port}.");
    }

    private static Option<string> PortMapperOption()
    {
        var option = new Option<string>("--port-mapper")
        {
            Description = $"Tell clients that ask at port {ServeOptions.PortMapperPort} where NFS, MOUNT and locks are: NFS locks of Linux, "
                + "QEMU's nfs:// and showmount need it. 'auto': on addresses beyond loopback where nobody else does",
            HelpName = "auto|on|off",
            DefaultValueFactory = _ => "auto",
        };
        option.AcceptOnlyFromAmong("auto", "on", "off");
        return option;
    }

    private static bool IsNfsOff(ParseResult parsed)
    {
        var given = parsed.GetValue(_nfs) ?? [];
        if (given.Length > 1 && given.Contains(ServeOptions.NoNfs))
        {
            throw CommandFailure.Usage(
                $"--nfs: '{ServeOptions.NoNfs}' does not go with an address.", $"Give --nfs {ServeOptions.NoNfs} alone, or addresses alone.");
        }

        return given is [ServeOptions.NoNfs];
    }

    private static IReadOnlyList<Endpoint> NfsOf(ParseResult parsed)
    {
        if (IsNfsOff(parsed))
            return [];
        var given = parsed.GetValue(_nfs) is { Length: > 0 } some ? some : [ServeOptions.DefaultNfs];
        return [.. given.Select(text => ParseEndpoint("--nfs", text)).Distinct()];
    }

    private static int? DisksOf(ParseResult parsed)
    {
        var disks = parsed.GetValue(_disks);
        if (disks is < 0 or > MaximumDisks)
            throw CommandFailure.Usage($"--disks: {disks} is no number of disks.", $"Use a number from 0 to {MaximumDisks}.");
        return disks;
    }

    private static long DiskSize(string text)
    {
        var sizeBytes = VolumeCommands.SizeOf(text, "--disk-size");
        if (sizeBytes < MinimumDiskBytes || sizeBytes % 4096 != 0)
        {
            throw CommandFailure.Usage(
                $"--disk-size: '{text}' is no size for a disk.",
                $"Use a multiple of 4096 bytes, at least {ByteSize.Format(MinimumDiskBytes)}, for example {ServeOptions.DefaultDiskSize}.");
        }

        return sizeBytes;
    }

    /// <summary>Parses an address and port.</summary>
    internal static Endpoint ParseEndpoint(string option, string text)
    {
        if (Endpoint.TryParse(text, out var endpoint))
            return endpoint;
        var colon = text.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), out var port) && Resolve(text[..colon]) is { } address)
            return new Endpoint(address, port);
        throw CommandFailure.Usage(
            $"{option}: '{text}' is no address and port, or its host is not known.",
            "Use HOST:PORT, for example 127.0.0.1:3260, [::1]:3260 or 0.0.0.0:3260 for all IPv4 addresses.");
    }

    private static IPAddress? Resolve(string host)
    {
        try
        {
            var found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? found.FirstOrDefault();
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException)
        {
            return null;
        }
    }
}
