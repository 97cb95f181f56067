using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Uss.NfsFrontend.OncRpc;
using Uss.Runtime;

namespace Uss.NfsFrontend.Exports;

/// <summary>Who a request is done for, after an export's rule replaced what it has to.</summary>
public readonly struct Caller
{
    private const uint Root = 0;

    private readonly GroupIds _groups;
    private readonly int _groupCount;

    /// <summary>Applies a rule to what a client says.</summary>
    /// <param name="flavor">How it says who it is; without AUTH_SYS it is nobody.</param>
    /// <param name="user">Who it says it is.</param>
    /// <param name="rule">The rule for that client.</param>
    public Caller(AuthFlavor flavor, in AuthSys user, ExportRule rule)
    {
        if (flavor != AuthFlavor.Sys || rule.Squash == Squash.All)
        {
            (UserId, GroupId) = (rule.AnonymousUser, rule.AnonymousGroup);
            return;
        }

        UserId = rule.Squash == Squash.Root && user.UserId == Root ? rule.AnonymousUser : user.UserId;
        GroupId = Map(user.GroupId, rule);
        foreach (var group in user.Groups)
            _groups[_groupCount++] = Map(group, rule);
    }

    /// <summary>A caller of whom all is known.</summary>
    /// <param name="user">The user.</param>
    /// <param name="group">The user's own group.</param>
    /// <param name="groups">Further groups, at most <see cref="AuthSys.MaximumGroups"/>.</param>
    public Caller(uint user, uint group, params ReadOnlySpan<uint> groups)
    {
        Invariant.Check(groups.Length <= AuthSys.MaximumGroups);
        (UserId, GroupId) = (user, group);
        foreach (var further in groups)
            _groups[_groupCount++] = further;
    }

    /// <summary>The user.</summary>
    public uint UserId { get; }

    /// <summary>The user's own group: that of new files.</summary>
    public uint GroupId { get; }

    /// <summary>Further groups.</summary>
    [UnscopedRef]
    public ReadOnlySpan<uint> Groups => ((ReadOnlySpan<uint>)_groups)[.._groupCount];

    /// <summary>Whether permissions do not hold the caller back.</summary>
    public bool IsRoot => UserId == Root;

    /// <summary>Whether the caller is in a group, by its own or by one of its further groups.</summary>
    public bool IsIn(uint group) => group == GroupId || Groups.Contains(group);

    // Root's group goes with root.
    private static uint Map(uint group, ExportRule rule) => rule.Squash == Squash.Root && group == Root ? rule.AnonymousGroup : group;

    [InlineArray(AuthSys.MaximumGroups)]
    private struct GroupIds
    {
        private uint _first;
    }
}
