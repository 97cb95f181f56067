using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>
/// Who may reach the target. Loopback alone is open by default; any other address demands that somebody said who may
/// log in.
/// </summary>
internal static class AccessPolicy
{
    /// <summary>True when initiators without a rule of their own may log in over loopback without CHAP.</summary>
    public static bool IsOpenOnLoopback(ServeOptions options) => options.IsLoopbackOnly && !options.RequireRule;

    /// <summary>Refuses to listen beyond loopback while there is no rule at all.</summary>
    /// <param name="options">What was asked for; may bring rules.</param>
    /// <param name="hasRules">Earlier starts or commands made rules.</param>
    public static Fault? Check(ServeOptions options, bool hasRules)
    {
        if (options.IsLoopbackOnly || hasRules || options.Initiators.Count > 0 || options.ChapUser is not null)
            return null;
        var portal = options.Iscsi.First(endpoint => !endpoint.IsLoopback);
        return new Fault(
            "open-portal",
            $"The target would listen on {portal}, where other machines reach it, and no initiator rule says who may log in.",
            "Add --initiator IQN for each initiator that may log in (with --chap-user USER --chap-secret-file FILE it must prove "
            + "a CHAP secret; --initiator '*' stands for any), or listen on 127.0.0.1 and use `uss initiator create`.");
    }
}
