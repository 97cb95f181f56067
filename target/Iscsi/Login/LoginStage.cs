namespace Uss.Target.Iscsi;

/// <summary>Stages of a connection as CSG and NSG code them (RFC 7143, 11.12.3).</summary>
internal static class LoginStage
{
    /// <summary>SecurityNegotiation.</summary>
    public const byte Security = 0;

    /// <summary>LoginOperationalNegotiation.</summary>
    public const byte Operational = 1;

    /// <summary>FullFeaturePhase.</summary>
    public const byte FullFeature = 3;
}
