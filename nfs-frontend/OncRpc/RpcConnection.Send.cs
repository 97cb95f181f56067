using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.NfsFrontend.OncRpc;

// What is ready at the end of a turn leaves as one vectored send; while one is under way, replies gather for the next.
internal sealed partial class RpcConnection
{
    // A reply has at most three parts: header and results, data, padding.
    private const int PartsOfReply = 3;

    private readonly SendVector _vector = new(PartsOfReply * 64);
    private readonly List<RpcRequest> _leaving = [];
    private readonly Queue<RpcRequest> _ready = new();
    private bool _isSending;

    /// <summary>Sends a reply, later in this turn.</summary>
    public void Send(RpcRequest request)
    {
        request.IsDone = true;
        _ready.Enqueue(request);
        if (_isSending)
            return;
        _isSending = true;
        Reactor.AtEndOfTurn(static connection => ((RpcConnection)connection!).BeginSending(), this);
    }

    private void BeginSending() => Reactor.Spawn(SendAllAsync());

    [AsyncMethodBuilder(typeof(ReactorTaskBuilder))]
    private async ValueTask SendAllAsync()
    {
        while (_ready.Count > 0)
        {
            while (_vector.Count + PartsOfReply <= _vector.Capacity && _ready.TryDequeue(out var request))
            {
                request.AddTo(_vector);
                _leaving.Add(request);
            }

            var sent = _isAborted ? IoResult.Failed(Errno.Canceled) : await _transport.SendAsync(_vector);
            _vector.Clear();
            foreach (var request in _leaving)
                End(request);
            _leaving.Clear();
            if (!sent.IsOk)
                Drop("sending failed: " + sent);
        }

        _isSending = false;
        Wake();
    }
}
