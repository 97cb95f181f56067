using Uss.Runtime;

namespace Uss.Store;

/// <summary>The first part of a checkpoint: images of the maps that changed.</summary>
internal sealed partial class Checkpointer
{
    // Two chunks in flight keep the device busy and leave it to others within a millisecond or two.
    private const int ChunksInFlight = 2;

    private async ValueTask<IoResult> WriteImagesAsync()
    {
        var slots = _core.State.Cache.SwapDirtySlots();
        var chunks = new ImageChunk[ChunksInFlight];
        for (var i = 0; i < chunks.Length; i++)
            chunks[i] = new ImageChunk(_core, _log);
        IoResult result = default;
        var next = 0;
        for (var turn = 0; next < slots.Count && result.IsOk; turn++)
        {
            var chunk = chunks[turn % ChunksInFlight];
            result = Worse(result, await chunk.FinishAsync());
            if (!result.IsOk)
                break;
            while (next < slots.Count && chunk.TryAdd(slots[next]))
                next++;
            chunk.Start();
            if (chunk.IsShortOfPages)
                result = IoResult.Failed(Errno.NoSpace);

            // Chunks of maps that need no write would otherwise never give way.
            await _core.Reactor.YieldAsync();
            if (_core.Relief.HasWaiters)
                _core.Relief.WakeAll();
        }

        foreach (var chunk in chunks)
        {
            result = Worse(result, await chunk.FinishAsync());
            chunk.Dispose();
        }

        // After a failure, what was not written waits for the next checkpoint.
        for (; next < slots.Count; next++)
            _core.State.Cache.DirtySlots.Add(slots[next]);
        slots.Clear();
        return result;
    }

    private static IoResult Worse(IoResult first, IoResult second) =>
        !first.IsOk && (second.IsOk || first.Error != Errno.NoSpace) ? first : second;
}
