namespace Uss.WebUi.Services;

/// <summary>The application services of one node. The API, the pages and the program itself call these and nothing below.</summary>
public sealed class ManagementServices : IDisposable
{
    /// <summary>Creates all services.</summary>
    /// <param name="node">The node to manage.</param>
    /// <param name="records">The records that the services keep.</param>
    /// <param name="time">Tells when things were created.</param>
    public ManagementServices(INode node, IRecordStore records, TimeProvider time)
    {
        Access = new AccessService(node, records);
        Luns = new LunService(node, records, Access);
        Volumes = new VolumeService(node, records, Access);
        Initiators = new InitiatorService(records, Access, time);
        Exports = new ExportService(node, records, Access, time);
        Addresses = new ServiceAddressService(records);
        FileSystems = new FileSystemService(node, records, Exports);
        Node = new NodeService(node, Luns, Exports);
        Pools = new PoolService(node);
        Scrubs = new ScrubService(node);
        Health = new HealthService(Node);
        Events = new EventJournal(time);
        Recovery = new RecoveryService(node);
        Changes = new ChangeService(node);
    }

    /// <summary>LUN maps and initiator rules as the target applies them.</summary>
    public AccessService Access { get; }

    /// <summary>LUN maps.</summary>
    public LunService Luns { get; }

    /// <summary>Volumes.</summary>
    public VolumeService Volumes { get; }

    /// <summary>Initiator rules.</summary>
    public InitiatorService Initiators { get; }

    /// <summary>NFS exports.</summary>
    public ExportService Exports { get; }

    /// <summary>Addresses that NFS clients mount.</summary>
    public ServiceAddressService Addresses { get; }

    /// <summary>File systems.</summary>
    public FileSystemService FileSystems { get; }

    /// <summary>The node's state, disks and sessions.</summary>
    public NodeService Node { get; }

    /// <summary>Pools and their placement.</summary>
    public PoolService Pools { get; }

    /// <summary>What is wrong and what mends it.</summary>
    public HealthService Health { get; }

    /// <summary>What happened lately.</summary>
    public EventJournal Events { get; }

    /// <summary>Tokens to join the cluster with.</summary>
    public IJoinTokens Tokens { get; init; } = new NoJoinTokens();

    /// <summary>Scrubs.</summary>
    public ScrubService Scrubs { get; }

    /// <summary>Forced recovery.</summary>
    public RecoveryService Recovery { get; }

    /// <summary>Disks and nodes that are added, drained and removed.</summary>
    public ChangeService Changes { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Luns.Dispose();
        Access.Dispose();
    }
}
