using Uss.NfsFrontend.OncRpc;

namespace Uss.NfsFrontend.Exports;

/// <summary>Who a request is done for, after an export's rule replaced what it has to.</summary>
public readonly struct Caller
{
    private const uint Root = 0;

    private readonly AuthSys _user;
    private readonly Squash _squash;
    private readonly uint _anonymousGroup;
    private readonly bool _isAnonymous;

    /// <summary>Applies a rule to what a client says.</summary>
    /// <param name="flavor">How it says who it is; without AUTH_SYS it is nobody.</param>
    /// <param name="user">Who it says it is.</param>
    /// <param name="rule">The rule for that client.</param>
    public Caller(AuthFlavor flavor, in AuthSys user, ExportRule rule)
    {
        _user = user;
        _squash = rule.Squash;
        _anonymousGroup = rule.AnonymousGroup;
        _isAnonymous = flavor != AuthFlavor.Sys || rule.Squash == Squash.All;
        UserId = _isAnonymous || (rule.Squash == Squash.Root && user.UserId == Root) ? rule.AnonymousUser : user.UserId;
        GroupId = _isAnonymous ? rule.AnonymousGroup : Map(user.GroupId);
    }

    /// <summary>The user.</summary>
    public uint UserId { get; }

    /// <summary>The user's own group: that of new files.</summary>
    public uint GroupId { get; }

    /// <summary>Whether permissions do not hold the caller back.</summary>
    public bool IsRoot => UserId == Root;

    /// <summary>Whether the caller is in a group, by its own or by one of its further groups.</summary>
    public bool IsIn(uint group)
    {
        if (group == GroupId)
            return true;
        if (_isAnonymous)
            return false;
        foreach (var further in _user.Groups)
        {
            if (Map(further) == group)
                return true;
        }

        return false;
    }

    // Root's group goes with root.
    private uint Map(uint group) => _squash == Squash.Root && group == Root ? _anonymousGroup : group;
}
