using Uss.Runtime;
using Uss.Runtime.Simulated;

namespace Uss.NfsFrontend.Metadata.Tests;

/// <summary>
/// A metadata space in memory that outlives its owners. Writes take virtual time and end in random order; a crash leaves any of the
/// blocks of those under way written. Checks the rules of the interface.
/// </summary>
internal sealed class SimulatedMetadataSpace
{
    private const int BlockBytes = 4096;
    private const int ObjectBytes = 4 << 20;

    private readonly Dictionary<long, byte[]> _blocks = [];
    private readonly List<PendingWrite> _inFlight = [];
    private readonly SeededRandom _random;

    public SimulatedMetadataSpace(SeededRandom random) => _random = random;

    /// <summary>Every write finds no space.</summary>
    public bool IsFull { get; set; }

    /// <summary>Says of a write, by its offset, that it finds no space.</summary>
    public Func<long, bool>? HasNoSpaceFor { get; set; }

    /// <summary>Says of a read or write, by its offset, that it fails.</summary>
    public Func<long, bool>? FailsAt { get; set; }

    public long Discards { get; private set; }

    public long Writes { get; private set; }

    public long Reads { get; private set; }

    /// <summary>Blocks that take room.</summary>
    public int PresentBlocks => _blocks.Count;

    /// <summary>Longest time of a read or write.</summary>
    public int MaximumDelayNs { get; set; } = 200_000;

    public Owner Attach(Reactor reactor) => new(this, reactor);

    /// <summary>The owner has died: of what it was writing, any of the blocks are written.</summary>
    public void Crash()
    {
        var keep = _random.Next(4) switch { 0 => 0.0, 1 => 1.0, _ => _random.NextDouble() };
        foreach (var write in _inFlight)
        {
            for (var at = 0; at < write.Bytes.Length; at += BlockBytes)
            {
                if (_random.Chance(keep))
                    Apply(write.Offset + at, write.Bytes.AsSpan(at, BlockBytes));
            }
        }

        _inFlight.Clear();
    }

    /// <summary>Reads, past every fault.</summary>
    public void Peek(long offset, Span<byte> target)
    {
        for (; target.Length > 0; target = target[BlockBytes..], offset += BlockBytes)
        {
            if (_blocks.TryGetValue(offset, out var block))
                block.CopyTo(target);
            else
                target[..BlockBytes].Clear();
        }
    }

    /// <summary>Writes, past every fault.</summary>
    public void Poke(long offset, ReadOnlySpan<byte> source)
    {
        for (; source.Length > 0; source = source[BlockBytes..], offset += BlockBytes)
            Apply(offset, source[..BlockBytes]);
    }

    public bool IsPresent(long offset) => _blocks.ContainsKey(offset / BlockBytes * BlockBytes);

    /// <summary>Flips a bit of a block that is present.</summary>
    public void FlipBit(long offset, int bit) => _blocks[offset / BlockBytes * BlockBytes][offset % BlockBytes] ^= (byte)(1 << bit);

    private void Apply(long offset, ReadOnlySpan<byte> block)
    {
        if (!_blocks.TryGetValue(offset, out var bytes))
            _blocks[offset] = bytes = new byte[BlockBytes];
        block.CopyTo(bytes);
    }

    private static void CheckRange(long offset, long length)
    {
        Invariant.Check(offset >= 0 && length > 0 && offset % BlockBytes == 0 && length % BlockBytes == 0);
        Invariant.Check(offset / ObjectBytes == (offset + length - 1) / ObjectBytes);
    }

    private sealed record PendingWrite(long Offset, byte[] Bytes);

    /// <summary>One node's hold of the space.</summary>
    internal sealed class Owner(SimulatedMetadataSpace space, Reactor reactor) : IMetadataSpace
    {
        public bool IsHeld { get; set; } = true;

        public async ValueTask<RecordStatus> ReadAsync(long offset, BufferSlice target)
        {
            CheckRange(offset, target.Length);
            space.Reads++;
            await DelayAsync();
            if (!IsHeld)
                return RecordStatus.Lost;
            if (space.FailsAt?.Invoke(offset) == true)
                return RecordStatus.Damaged;
            space.Peek(offset, target.Span);
            return RecordStatus.Ok;
        }

        public async ValueTask<RecordStatus> WriteAsync(long offset, BufferSlice source)
        {
            CheckRange(offset, source.Length);
            space.Writes++;
            foreach (var other in space._inFlight)
                Invariant.Check(other.Offset + other.Bytes.Length <= offset || other.Offset >= offset + source.Length);
            var write = new PendingWrite(offset, source.Span.ToArray());
            space._inFlight.Add(write);
            await DelayAsync();
            Invariant.Check(source.Span.SequenceEqual(write.Bytes));
            if (!space._inFlight.Remove(write))
                return RecordStatus.Lost;
            if (!IsHeld)
                return RecordStatus.Lost;
            if (space.FailsAt?.Invoke(offset) == true)
                return RecordStatus.Damaged;
            if (space.IsFull || space.HasNoSpaceFor?.Invoke(offset) == true)
            {
                // Room for some of it was found, or even for all of it where one copy lies.
                var found = space._random.Chance(0.3) ? 1 : 0.5;
                for (var at = 0; at < source.Length; at += BlockBytes)
                {
                    if (space._random.Chance(found))
                        space.Apply(offset + at, write.Bytes.AsSpan(at, BlockBytes));
                }

                return RecordStatus.NoSpace;
            }

            space.Poke(offset, write.Bytes);
            return RecordStatus.Ok;
        }

        public async ValueTask<RecordStatus> DiscardAsync(long offset, long length)
        {
            CheckRange(offset, length);
            space.Discards++;
            await DelayAsync();
            if (!IsHeld)
                return RecordStatus.Lost;
            for (var at = offset; at < offset + length; at += BlockBytes)
                space._blocks.Remove(at);
            return RecordStatus.Ok;
        }

        private ValueTask DelayAsync() => reactor.DelayAsync(1 + space._random.Next(space.MaximumDelayNs));
    }
}
