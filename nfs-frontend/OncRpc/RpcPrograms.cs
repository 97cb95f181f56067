using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

/// <summary>The programs of a server: checks what comes before a program sees it (RFC 5531, 9), and hands it the call.</summary>
internal sealed class RpcPrograms(IEnumerable<IRpcProgram> programs)
{
    private readonly Dictionary<uint, IRpcProgram> _programs = programs.ToDictionary(program => program.Number);

    public IRpcProgram? Find(uint program) => _programs.GetValueOrDefault(program);

    /// <summary>Answers a request, or has its program do so.</summary>
    public void Dispatch(RpcRequest request, IReplyPath path)
    {
        var program = Find(request.Call.Program);
        if (request.Call.SpokenVersion != RpcCall.RpcVersion)
            request.FailRpcVersion();
        else if (request.Call.Refusal != AuthStatus.Ok)
            request.Refuse(request.Call.Refusal);
        else if (!request.TryReadUser())
            request.Refuse(AuthStatus.BadCredential);
        else if (program is null)
            request.Fail(AcceptStatus.ProgramUnavailable);
        else if (request.Call.Version < program.LowestVersion || request.Call.Version > program.HighestVersion)
            request.FailVersion(program.LowestVersion, program.HighestVersion);
        else
            path.Reactor.Spawn(HandleAsync(program, request, path));
    }

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private static async ValueTask HandleAsync(IRpcProgram program, RpcRequest request, IReplyPath path)
    {
        // A reply may have left before the program is done, and the object be in use again.
        var serial = request.Serial;
        await program.HandleAsync(request);
        if (request.Serial == serial && !request.IsDone)
            path.End(request);
    }
}
