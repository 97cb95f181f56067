using System.CommandLine;
using System.CommandLine.Help;

namespace Uss.Host.Cli;

/// <summary>All commands of <c>uss</c>.</summary>
internal static class CommandTree
{
    public static IReadOnlyList<string> RootExamples { get; } =
    [
        "uss serve                              # what ./run starts",
        "uss status",
        "uss volume create v1 --size 50G",
        "uss lun map v1 --lun 1",
        "uss fs create home",
        "uss export create /home --fs home --client 10.0.0.0/24",
    ];

    public static RootCommand Create()
    {
        var root = new RootCommand("USS, a storage service: serves volumes over iSCSI and file systems over NFS, and manages them")
        {
            ServeCommand.Create(),
            NodeRoleCommand.Create(),
            MembershipCommands.Create(),
            WebCommand.Create(),
            NodeCommands.Status(),
            HealthCommands.Health(),
            HealthCommands.Watch(),
            VolumeCommands.Create(),
            PoolCommands.Pools(),
            PoolCommands.Placement(),
            ScrubCommands.Create(),
            LunCommands.Create(),
            InitiatorCommands.Create(),
            FileSystemCommands.Create(),
            ExportCommands.Create(),
            AddressCommands.Create(),
            NodeCommands.Sessions(),
            NodeCommands.Disks(),
            StoreCommands.Create(),
            DevCommands.Create(),
            ToolCommands.Simulate(),
            ToolCommands.Benchmark(),
            NodeCommands.Version(),
        };
        root.Add(GlobalOptions.Data);
        root.Add(GlobalOptions.Output);
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction standard })
                option.Action = new ExamplesHelp(standard);
        }

        return root;
    }
}
