using System.Threading.Tasks.Sources;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.Target.Tests.Scsi;

/// <summary>A result that arrives later, over and over with the same object.</summary>
internal sealed class PooledCompletion : IValueTaskSource<VolumeResult>
{
    private ReactorCompletion<VolumeResult> _core;
    private VolumeResult _result;

    public ValueTask<VolumeResult> Start(VolumeResult result)
    {
        _core.Reset();
        _result = result;
        return new ValueTask<VolumeResult>(this, _core.Version);
    }

    public void Complete() => _core.SetResult(_result);

    public VolumeResult GetResult(short token) => _core.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token);
}
