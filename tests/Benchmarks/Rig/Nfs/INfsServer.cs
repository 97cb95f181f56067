namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>An NFS server under measurement.</summary>
internal interface INfsServer : IBenchmarkServer
{
    /// <summary>What it exports.</summary>
    NfsExport Export { get; }
}
