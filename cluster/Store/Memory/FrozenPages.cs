using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Store;

/// <summary>
/// A large zero-filled native array in pages of 4 KiB that are allocated when first written, and that can be frozen at
/// an instant in no time: while frozen, a page is copied before its first change, so that a checkpoint reads the state
/// of that instant at its leisure while work goes on.
/// </summary>
internal sealed unsafe class FrozenPages : IDisposable
{
    /// <summary>Size of a page.</summary>
    public const int PageBytes = 4096;

    private readonly byte** _pages;
    private readonly byte** _frozen;
    private readonly byte* _state;
    private long _allocatedPages;

    /// <summary>Creates an array of <paramref name="pageCount"/> pages of zeros.</summary>
    public FrozenPages(int pageCount)
    {
        PageCount = pageCount;
        _pages = (byte**)NativeMemory.AllocZeroed((nuint)pageCount, (nuint)sizeof(byte*));
        _frozen = (byte**)NativeMemory.AllocZeroed((nuint)pageCount, (nuint)sizeof(byte*));
        _state = (byte*)NativeMemory.AllocZeroed((nuint)pageCount);
    }

    /// <summary>Frees memory of an array that was abandoned with its store (a crash in simulation).</summary>
    ~FrozenPages() => Free();

    private enum State : byte
    {
        // Not frozen, or the checkpoint has read it.
        Live = 0,

        // Frozen and not changed since.
        Shared = 1,

        // Frozen and changed since: the old content, or null for zeros, is kept aside.
        Copied = 2,
    }

    /// <summary>Pages.</summary>
    public int PageCount { get; }

    /// <summary>True between <see cref="Freeze"/> and <see cref="Thaw"/>.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>Native memory held, in bytes.</summary>
    public long MemoryBytes => (_allocatedPages * PageBytes) + (PageCount * 17L);

    /// <summary>The page as it is now, or null when it is all zeros.</summary>
    public byte* Read(int page)
    {
        Invariant.Check((uint)page < (uint)PageCount);
        return _pages[page];
    }

    /// <summary>The page, to be changed.</summary>
    public byte* Write(int page)
    {
        Invariant.Check((uint)page < (uint)PageCount);
        if (_state[page] == (byte)State.Shared)
            KeepAside(page);
        if (_pages[page] == null)
        {
            _pages[page] = (byte*)NativeMemory.AllocZeroed(PageBytes);
            _allocatedPages++;
        }

        return _pages[page];
    }

    /// <summary>Keeps the present state of all pages readable through <see cref="ReadFrozen"/>.</summary>
    public void Freeze()
    {
        Invariant.Check(!IsFrozen);
        IsFrozen = true;
        new Span<byte>(_state, PageCount).Fill((byte)State.Shared);
    }

    /// <summary>The page as it was at <see cref="Freeze"/>, or null when it was all zeros.</summary>
    public byte* ReadFrozen(int page)
    {
        Invariant.Check(IsFrozen && (uint)page < (uint)PageCount && _state[page] != (byte)State.Live);
        return _state[page] == (byte)State.Copied ? _frozen[page] : _pages[page];
    }

    /// <summary>Says that the frozen state of a page is not needed any more.</summary>
    public void Release(int page)
    {
        Invariant.Check((uint)page < (uint)PageCount);
        if (_frozen[page] != null)
        {
            NativeMemory.Free(_frozen[page]);
            _frozen[page] = null;
            _allocatedPages--;
        }

        _state[page] = (byte)State.Live;
    }

    /// <summary>Ends the freeze and drops what is left of it.</summary>
    public void Thaw()
    {
        Invariant.Check(IsFrozen);
        for (var page = 0; page < PageCount; page++)
        {
            if (_state[page] != (byte)State.Live)
                Release(page);
        }

        IsFrozen = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void KeepAside(int page)
    {
        _state[page] = (byte)State.Copied;
        if (_pages[page] == null)
            return;
        _frozen[page] = (byte*)NativeMemory.Alloc(PageBytes);
        _allocatedPages++;
        new ReadOnlySpan<byte>(_pages[page], PageBytes).CopyTo(new Span<byte>(_frozen[page], PageBytes));
    }

    private void Free()
    {
        for (var page = 0; page < PageCount; page++)
        {
            NativeMemory.Free(_pages[page]);
            NativeMemory.Free(_frozen[page]);
            _pages[page] = null;
            _frozen[page] = null;
        }

        NativeMemory.Free(_pages);
        NativeMemory.Free(_frozen);
        NativeMemory.Free(_state);
    }
}
