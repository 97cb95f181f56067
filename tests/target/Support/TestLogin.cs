namespace Uss.Target.Tests.Support;

/// <summary>What a <see cref="TestInitiator"/> says of itself and offers when it logs in.</summary>
internal sealed record TestLogin
{
    public string InitiatorName { get; init; } = "iqn.2026-11.test:initiator";

    public string? TargetName { get; init; } = "iqn.2026-11.local.uss:default";

    public ulong Isid { get; init; } = 0x00023D000001;

    public ushort Tsih { get; init; }

    /// <summary>CHAP user and secret; null offers None.</summary>
    public (string User, string Secret)? Chap { get; init; }

    /// <summary>CHAP name and secret that the target must prove; null asks for nothing.</summary>
    public (string User, string Secret)? Mutual { get; init; }

    public string Algorithms { get; init; } = "8,7,6,5";

    /// <summary>Operational keys besides those of the session.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>
    {
        ["HeaderDigest"] = "None",
        ["DataDigest"] = "None",
        ["InitialR2T"] = "No",
        ["ImmediateData"] = "Yes",
        ["MaxRecvDataSegmentLength"] = "262144",
        ["MaxBurstLength"] = "16776192",
        ["FirstBurstLength"] = "262144",
        ["MaxOutstandingR2T"] = "1",
        ["DefaultTime2Wait"] = "2",
        ["DefaultTime2Retain"] = "0",
        ["ErrorRecoveryLevel"] = "0",
        ["MaxConnections"] = "1",
        ["DataPDUInOrder"] = "Yes",
        ["DataSequenceInOrder"] = "Yes",
    };

    public bool IsDiscovery { get; init; }

    /// <summary>These keys on top of (or instead of) the usual ones.</summary>
    public TestLogin With(params (string Key, string Value)[] keys)
    {
        var all = Keys.ToDictionary();
        foreach (var (key, value) in keys)
            all[key] = value;
        return this with { Keys = all };
    }
}
