using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// Drops the locks that a client, or all clients of a name, hold of one file more: as many operations as there are files, so that none gets large.
/// </summary>
internal sealed class FreeOperation(LockCall call) : RecordOperation
{
    private uint _host;
    private ulong _inode;
    private (uint Host, ulong Inode) _next;

    /// <summary>Whether nothing is left to be dropped.</summary>
    public bool IsOver { get; private set; }

    /// <summary>The file whose locks were dropped; null when those that are there are kept.</summary>
    public ulong? Freed { get; private set; }

    private bool IsOneClient => call.Kind == LockCallKind.FreeHost;

    /// <summary>Goes on behind the file of the last run.</summary>
    public void Advance() => (_host, _inode) = _next;

    public override void Run(RecordTransaction records)
    {
        (IsOver, Freed) = (false, null);
        if (!TryFind(records, out var host, out var inode))
        {
            IsOver = true;
            return;
        }

        _next = inode == LockRecords.MaximumInode ? (host + 1, 0) : (host, inode + 1);
        if (!FileLocks.TryLoad(records, inode, out var locks))
            return;
        if (locks.Table.Free(host, call.KeepsState ? call.State : null) && locks.TrySave(records))
            Freed = inode;
    }

    private bool TryFind(RecordTransaction records, out uint host, out ulong inode)
    {
        var (first, last) = IsOneClient ? HostRecords.NumbersOf(call.Host) : (0, HostRecords.Maximum);
        inode = 0;
        for (var from = Math.Max(first, _host); HostRecords.FindNext(records, from, last, out host, out var found); from = host + 1)
        {
            var isMeant = IsOneClient ? found.IsSameClient(call.Host) : found.Name.Span.SequenceEqual(call.Host.Name.Span);
            if (isMeant && HostRecords.FindFile(records, host, host == _host ? _inode : 0, out inode))
                return true;
        }

        return false;
    }
}
