using Uss.Target;
using Uss.WebUi.Services;

namespace Uss.Host.Serve;

/// <summary>Turns the records of who sees what into the target's configuration.</summary>
internal static class AccessConfiguration
{
    public static TargetConfiguration Of(AccessRules rules, bool openOnLoopback) => new()
    {
        Iqn = ServeOptions.TargetIqn,
        OpenOnLoopback = openOnLoopback,
        Initiators = [.. rules.Initiators.Select(rule => new InitiatorRule
        {
            Iqn = rule.Iqn,
            Chap = Credentials(rule.ChapUser, rule.ChapSecret),
            MutualChap = Credentials(rule.MutualUser, rule.MutualSecret),
        })],
        Luns = [.. rules.Luns.Select(lun => new LunMapping(lun.Lun, lun.Volume, lun.Initiator, lun.ReadOnly))],
    };

    private static ChapCredentials? Credentials(string? user, string? secret) =>
        user is null || secret is null ? null : new ChapCredentials(user, secret);
}
