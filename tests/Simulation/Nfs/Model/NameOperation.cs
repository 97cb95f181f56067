using Uss.NfsFrontend.Nfs;
using Uss.Simulation.Linearizability;

namespace Uss.Simulation.Nfs;

/// <summary>
/// A call that asks for names or changes them, and how it ended. A directory's number has <see cref="NameState.DirectoryBit"/>.
/// </summary>
internal sealed record NameOperation : IModelOperation<NameState>
{
    public required NfsProcedure Procedure { get; init; }

    public required long Start { get; init; }

    public long End { get; set; } = long.MaxValue;

    public bool IsOptional { get; init; }

    /// <summary>Who asked, for messages.</summary>
    public required string Client { get; init; }

    public ulong Directory { get; init; }

    public string Name { get; init; } = "";

    /// <summary>The second directory of RENAME.</summary>
    public ulong OtherDirectory { get; init; }

    public string OtherName { get; init; } = "";

    /// <summary>What the call is about, of GETATTR and LINK; what was made or found.</summary>
    public ulong Inode { get; set; }

    public NfsStatus Status { get; set; }

    /// <summary>A creation that takes the file that is there.</summary>
    public bool IsUnchecked { get; init; }

    /// <summary>Names that it has, of GETATTR.</summary>
    public uint Links { get; set; }

    /// <summary>What a directory held, of READDIR.</summary>
    public List<(string Name, ulong Inode)> Listed { get; init; } = [];

    /// <inheritdoc/>
    public bool TryStep(NameState state, out NameState next)
    {
        next = state;
        return Procedure switch
        {
            NfsProcedure.GetAttributes => IsSeen(state),
            NfsProcedure.Lookup => StatusOfLookup(state) == Status && (Status != NfsStatus.Ok || state.IsSame(state.Find(Directory, Name), Inode)),
            NfsProcedure.ReadDirectory => IsListed(state),
            NfsProcedure.Create or NfsProcedure.MakeDirectory => IsMade(state, ref next),
            NfsProcedure.Remove or NfsProcedure.RemoveDirectory => IsRemoved(state, ref next),
            NfsProcedure.Link => IsLinked(state, ref next),
            NfsProcedure.Rename => IsRenamed(state, ref next),
            _ => throw new SimulationException($"{Procedure} is not about names"),
        };
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var other = Procedure == NfsProcedure.Rename ? $" to {Show(OtherDirectory)}/{OtherName}" : "";
        var listed = Procedure == NfsProcedure.ReadDirectory ? " " + string.Join(' ', Listed.Select(entry => $"{entry.Name}={Show(entry.Inode)}")) : "";
        return $"{Client} [{Start}, {End}] {Procedure} {Show(Directory)}/{Name}{other} {Show(Inode)} {Status} {Links}{listed}";
    }

    private static string Show(ulong inode) => (inode & NameState.DirectoryBit) != 0 ? $"d{inode & ~NameState.DirectoryBit}" : $"{inode}";

    private static bool IsDirectory(ulong inode) => (inode & NameState.DirectoryBit) != 0;

    // A file without a name is there for a while, a directory is not.
    private bool IsSeen(NameState state)
    {
        if (IsDirectory(Inode))
            return Status == (state.IsThere(Inode) ? NfsStatus.Ok : NfsStatus.Stale);
        var (least, most) = state.LinksOf(Inode);
        return Status == NfsStatus.Ok ? Links >= least && Links <= most : Status == NfsStatus.Stale && least == 0;
    }

    private NfsStatus StatusOfLookup(NameState state) =>
        !state.IsThere(Directory) ? NfsStatus.Stale : state.Find(Directory, Name) == 0 ? NfsStatus.NoEntry : NfsStatus.Ok;

    private bool IsListed(NameState state)
    {
        if (!state.IsThere(Directory) || Status != NfsStatus.Ok)
            return Status == NfsStatus.Stale && !state.IsThere(Directory);
        return state.Holds(Directory, Listed);
    }

    private bool IsMade(NameState state, ref NameState next)
    {
        var status = StatusOfLookup(state);
        if (status == NfsStatus.Stale)
            return Status == NfsStatus.Stale;
        if (status == NfsStatus.Ok)
        {
            var found = state.Find(Directory, Name);
            if (!IsUnchecked || IsDirectory(found))
                return Status == NfsStatus.Exists;

            // Its maker may have been told too late which file it was.
            return Status == NfsStatus.Ok && (state.IsSame(found, Inode) || (Inode & NameState.UnknownBit) != 0);
        }

        next = state.With(Directory, Name, Inode);
        return Status == NfsStatus.Ok;
    }

    private bool IsRemoved(NameState state, ref NameState next)
    {
        var wantsDirectory = Procedure == NfsProcedure.RemoveDirectory;
        var found = state.Find(Directory, Name);
        var status = StatusOfLookup(state);
        if (status == NfsStatus.Ok && IsDirectory(found) != wantsDirectory)
            status = wantsDirectory ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
        if (status == NfsStatus.Ok && wantsDirectory && !state.IsEmpty(found))
            status = NfsStatus.NotEmpty;
        if (status == NfsStatus.Ok)
            next = state.With(Directory, Name, 0);
        return status == Status;
    }

    private bool IsLinked(NameState state, ref NameState next)
    {
        var (least, most) = state.LinksOf(Inode);
        if (Status == NfsStatus.Stale)
            return least == 0 || !state.IsThere(Directory);
        var status = StatusOfLookup(state) switch
        {
            NfsStatus.Stale => NfsStatus.Stale,
            NfsStatus.Ok => NfsStatus.Exists,
            _ => most == 0 || (least == 0 && Status == NfsStatus.NoEntry) ? NfsStatus.NoEntry : NfsStatus.Ok,
        };
        if (status == NfsStatus.Ok)
            next = state.With(Directory, Name, Inode);
        return status == Status;
    }

    private bool IsRenamed(NameState state, ref NameState next)
    {
        var moved = state.Find(Directory, Name);
        var replaced = state.Find(OtherDirectory, OtherName);
        var status = !state.IsThere(OtherDirectory) ? NfsStatus.Stale : StatusOfLookup(state);
        if (status == NfsStatus.Ok && IsDirectory(moved) && Directory != OtherDirectory && state.IsBelow(moved, OtherDirectory))
            status = NfsStatus.Invalid;
        if (status == NfsStatus.Ok && replaced != 0 && replaced != moved)
        {
            status = IsDirectory(moved) == IsDirectory(replaced)
                ? IsDirectory(replaced) && !state.IsEmpty(replaced) ? NfsStatus.NotEmpty : NfsStatus.Ok
                : IsDirectory(moved) ? NfsStatus.NotDirectory : NfsStatus.IsDirectory;
        }

        if (status == NfsStatus.Ok && replaced != moved)
            next = state.With(Directory, Name, 0).With(OtherDirectory, OtherName, moved);
        return status == Status;
    }
}
