using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>What a front-end looks at in the arguments of a procedure that the owner of the file system carries out.</summary>
/// <param name="Target">The handle that the call is about.</param>
/// <param name="Other">The second handle, of RENAME and LINK; else empty.</param>
/// <param name="Count">Bytes of results that the client has room for, where it says so.</param>
internal readonly record struct ProcedureArguments(XdrBytes Target, XdrBytes Other, uint Count)
{
    /// <summary>Reads the arguments to their end; false when they cannot be decoded.</summary>
    public static bool TryRead(NfsProcedure procedure, XdrReader reader, out ProcedureArguments arguments)
    {
        arguments = Read(procedure, ref reader);
        return reader.IsOk;
    }

    /// <summary>How many attributes of files a refusal of the procedure could carry and does not: each is one optional value.</summary>
    public static int OptionalAttributesOf(NfsProcedure procedure) => procedure switch
    {
        NfsProcedure.Null or NfsProcedure.GetAttributes => 0,
        NfsProcedure.Lookup or NfsProcedure.Access or NfsProcedure.ReadLink or NfsProcedure.Read => 1,
        NfsProcedure.ReadDirectory or NfsProcedure.ReadDirectoryPlus => 1,
        NfsProcedure.FileSystemStatus or NfsProcedure.FileSystemInformation or NfsProcedure.PathConfiguration => 1,
        NfsProcedure.Rename => 4,
        NfsProcedure.Link => 3,
        _ => 2,
    };

    private static ProcedureArguments Read(NfsProcedure procedure, ref XdrReader reader)
    {
        switch (procedure)
        {
            case NfsProcedure.SetAttributes:
                return Of(SetAttributesArguments.Read(ref reader).File);
            case NfsProcedure.Lookup or NfsProcedure.Remove or NfsProcedure.RemoveDirectory:
                return Of(NamedEntry.Read(ref reader).Directory);
            case NfsProcedure.Access:
                return Of(AccessArguments.Read(ref reader).File);
            case NfsProcedure.Create:
                return Of(CreateArguments.Read(ref reader).Where.Directory);
            case NfsProcedure.MakeDirectory:
                return Of(MakeDirectoryArguments.Read(ref reader).Where.Directory);
            case NfsProcedure.SymbolicLink:
                return Of(SymbolicLinkArguments.Read(ref reader).Where.Directory);
            case NfsProcedure.MakeNode:
                return Of(MakeNodeArguments.Read(ref reader).Where.Directory);
            case NfsProcedure.Rename:
                var rename = RenameArguments.Read(ref reader);
                return new ProcedureArguments(rename.From.Directory, rename.To.Directory, 0);
            case NfsProcedure.Link:
                var link = LinkArguments.Read(ref reader);
                return new ProcedureArguments(link.File, link.Where.Directory, 0);
            case NfsProcedure.ReadDirectory:
                var list = ReadDirectoryArguments.Read(ref reader);
                return new ProcedureArguments(list.Directory, default, list.Count);
            case NfsProcedure.ReadDirectoryPlus:
                var plus = ReadDirectoryPlusArguments.Read(ref reader);
                return new ProcedureArguments(plus.Directory, default, plus.Count);
            default:
                return Of(HandleArguments.Read(ref reader).File);
        }
    }

    private static ProcedureArguments Of(XdrBytes target) => new(target, default, 0);
}
