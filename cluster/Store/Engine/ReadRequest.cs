using Uss.Runtime;

namespace Uss.Store;

/// <summary>One read: where its blocks lie and what their checksums are, as looked up at one instant. Pooled.</summary>
internal sealed class ReadRequest
{
    private Piece[] _pieces = new Piece[8];
    private uint[] _checksums = new uint[16];

    /// <summary>First block of the read within its object.</summary>
    public int FirstBlock { get; private set; }

    /// <summary>Where the data goes.</summary>
    public BufferSlice Target { get; private set; }

    /// <summary>Runs of blocks that lie together on the disk and in the caller's buffer.</summary>
    public int Count { get; private set; }

    /// <summary>First damaged block found, counted from the start of the read; -1 when there is none.</summary>
    public int FirstDamaged { get; private set; }

    /// <summary>Last damaged block found.</summary>
    public int LastDamaged { get; private set; }

    /// <summary>Layers whose maps the request keeps in memory until all that it needs are there.</summary>
    public List<int> Held { get; } = [];

    /// <summary>A run.</summary>
    public ref Piece this[int index] => ref _pieces[index];

    /// <summary>Begins another read.</summary>
    public void Begin(int firstBlock, BufferSlice target)
    {
        FirstBlock = firstBlock;
        Target = target;
    }

    /// <summary>Starts over for a read of so many blocks.</summary>
    public void Reset(int blocks)
    {
        Count = 0;
        FirstDamaged = -1;
        LastDamaged = -1;
        if (_checksums.Length < blocks)
            _checksums = new uint[StoreUnits.BlocksPerObject];
    }

    /// <summary>Checksum of a block, counted from the start of the read.</summary>
    public uint ChecksumAt(int block) => _checksums[block];

    /// <summary>Adds a block; one that continues the last run makes it longer.</summary>
    public void Add(int block, in MapEntry entry)
    {
        _checksums[block] = entry.Checksum;
        if (Count > 0)
        {
            ref var last = ref _pieces[Count - 1];
            if (last.FirstBlock + last.Blocks == block && last.Address + (ulong)last.Blocks == entry.Address)
            {
                last.Blocks++;
                return;
            }
        }

        if (Count == _pieces.Length)
            Array.Resize(ref _pieces, Math.Min(_pieces.Length * 4, StoreUnits.BlocksPerObject));
        _pieces[Count++] = new Piece { Address = entry.Address, FirstBlock = block, Blocks = 1 };
    }

    /// <summary>Notes a damaged block.</summary>
    public void AddDamaged(int block)
    {
        FirstDamaged = FirstDamaged < 0 ? block : Math.Min(FirstDamaged, block);
        LastDamaged = Math.Max(LastDamaged, block);
    }

    /// <summary>A run of blocks.</summary>
    public struct Piece
    {
        /// <summary>Block number on the disk.</summary>
        public ulong Address;

        /// <summary>First block, counted from the start of the read.</summary>
        public int FirstBlock;

        /// <summary>Blocks.</summary>
        public int Blocks;

        /// <summary>The read of this run.</summary>
        public ValueTask<IoResult> Task;
    }
}
