using Uss.Placement;
using Uss.Runtime;
using Uss.Store;

namespace Uss.Replication;

/// <summary>
/// Orders operations that overlap: shared among readers, exclusive for changes, first come first served, so that nobody
/// starves and nobody deadlocks (a ticket asks for all that it needs at once). Without contention it costs a short list
/// walk and allocates nothing.
/// </summary>
/// <remarks>
/// Ranges within one object's blocks are kept in buckets by a hash of the object; ranges that cross objects are kept in
/// a list of their own that everybody looks at. A ticket counts the earlier tickets that it conflicts with; whoever
/// leaves lowers the count of the later ones. Grants are posted to the reactor, which bounds the stack.
/// </remarks>
public sealed class RangeLock
{
    private const int WideBucket = Buckets;
    private const int Buckets = 256;

    private readonly Reactor _reactor;
    private readonly RangeLockTicket?[] _first = new RangeLockTicket?[Buckets + 1];
    private readonly RangeLockTicket?[] _last = new RangeLockTicket?[Buckets + 1];
    private RangeLockTicket? _free;
    private long _sequence;

    /// <summary>Creates a lock for operations of one reactor.</summary>
    public RangeLock(Reactor reactor) => _reactor = reactor;

    /// <summary>Tickets out, granted or waiting.</summary>
    public int Count { get; private set; }

    /// <summary>Tickets that had to wait, ever.</summary>
    public long Waits { get; private set; }

    /// <summary>Takes a place in the order. The caller awaits the ticket unless it is granted, and leaves it in the end.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="firstBlock">First block within the space.</param>
    /// <param name="blockCount">Blocks, at least 1.</param>
    /// <param name="isExclusive">True for a change.</param>
    public RangeLockTicket Enter(ulong space, long firstBlock, long blockCount, bool isExclusive)
    {
        Invariant.Check(blockCount > 0 && firstBlock >= 0);
        var ticket = _free ?? new RangeLockTicket();
        _free = ticket.Next;
        ticket.Next = null;
        ticket.Space = space;
        ticket.FirstBlock = firstBlock;
        ticket.EndBlock = firstBlock + blockCount;
        ticket.IsExclusive = isExclusive;
        ticket.Sequence = ++_sequence;
        ticket.Bucket = BucketOf(space, firstBlock, ticket.EndBlock);
        ticket.Blockers = CountConflicts(ticket);
        Append(ticket);
        Count++;
        if (ticket.Blockers != 0)
            Waits++;
        return ticket;
    }

    /// <summary>Gives a granted range back; the ticket must not be used afterwards.</summary>
    public void Leave(RangeLockTicket ticket)
    {
        Invariant.Check(ticket.IsGranted && !ticket.IsAwaited);
        var later = ticket.Next;
        Remove(ticket);
        Count--;
        if (ticket.Bucket == WideBucket)
        {
            for (var bucket = 0; bucket < Buckets; bucket++)
                Unblock(ticket, _first[bucket]);
            Unblock(ticket, later);
        }
        else
        {
            Unblock(ticket, later);
            Unblock(ticket, _first[WideBucket]);
        }

        ticket.Next = _free;
        _free = ticket;
    }

    private static int BucketOf(ulong space, long firstBlock, long endBlock)
    {
        var index = firstBlock / StoreUnits.BlocksPerObject;
        return (endBlock - 1) / StoreUnits.BlocksPerObject == index
            ? (int)(PlacementHash.Mix(space + (ulong)index) % Buckets)
            : WideBucket;
    }

    private static int CountConflicts(RangeLockTicket ticket, RangeLockTicket? from)
    {
        var conflicts = 0;
        for (var other = from; other is not null; other = other.Next)
        {
            if (other.ConflictsWith(ticket))
                conflicts++;
        }

        return conflicts;
    }

    private int CountConflicts(RangeLockTicket ticket)
    {
        var conflicts = CountConflicts(ticket, _first[WideBucket]);
        if (ticket.Bucket != WideBucket)
            return conflicts + CountConflicts(ticket, _first[ticket.Bucket]);
        for (var bucket = 0; bucket < Buckets; bucket++)
            conflicts += CountConflicts(ticket, _first[bucket]);
        return conflicts;
    }

    private void Unblock(RangeLockTicket leaving, RangeLockTicket? from)
    {
        for (var other = from; other is not null; other = other.Next)
        {
            if (other.Sequence < leaving.Sequence || !other.ConflictsWith(leaving))
                continue;
            other.Blockers--;

            // Whoever entered waits in the same turn, before anybody can leave; so a blocked ticket is always awaited.
            if (other.Blockers == 0)
                _reactor.Post(static state => ((RangeLockTicket)state!).Grant(), other);
        }
    }

    private void Append(RangeLockTicket ticket)
    {
        ticket.Previous = _last[ticket.Bucket];
        if (ticket.Previous is { } previous)
            previous.Next = ticket;
        else
            _first[ticket.Bucket] = ticket;
        _last[ticket.Bucket] = ticket;
    }

    private void Remove(RangeLockTicket ticket)
    {
        if (ticket.Previous is { } previous)
            previous.Next = ticket.Next;
        else
            _first[ticket.Bucket] = ticket.Next;
        if (ticket.Next is { } next)
            next.Previous = ticket.Previous;
        else
            _last[ticket.Bucket] = ticket.Previous;
        ticket.Previous = null;
        ticket.Next = null;
    }
}
