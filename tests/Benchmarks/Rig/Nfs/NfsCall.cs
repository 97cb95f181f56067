using Uss.NfsFrontend.OncRpc;
using Uss.NfsFrontend.Xdr;

namespace Uss.Benchmarks.Rig.Nfs;

/// <summary>Writes the arguments of one call of a load.</summary>
/// <param name="writer">Where to.</param>
/// <param name="number">Which of the load's calls it is, from 0 on.</param>
internal delegate void ArgumentWriter(ref XdrWriter writer, int number);

/// <summary>Calls of one kind.</summary>
/// <param name="Procedure">What is called; the first unit of its results is a status, 0 for success.</param>
/// <param name="DataBytes">Bytes of data that each moves to the server.</param>
/// <param name="Write">Writes the arguments; beside the data they take less than <see cref="PlainBytes"/>.</param>
internal sealed record NfsCall(RpcProcedure Procedure, int DataBytes, ArgumentWriter Write)
{
    /// <summary>Room for arguments without data.</summary>
    public const int PlainBytes = 1024;
}
