using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Locks;

/// <summary>
/// Drops the locks that a host, or all hosts of a name, hold of one file more: as many operations as there are files, so that none gets large.
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

    private bool IsOneHost => call.Kind == LockCallKind.FreeHost;

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
        var inodeFrom = _inode;
        var from = IsOneHost ? HostRecords.Find(records, call.Host) : _host;
        var to = IsOneHost ? from : HostRecords.Maximum;
        (host, inode) = (HostRecords.None, 0);
        if (from == HostRecords.None)
            return false;
        for (; HostRecords.FindNext(records, from, to, out host, out var found); from = host + 1)
        {
            if (host != _host && !IsOneHost)
                inodeFrom = 0;
            if (found.Name.Span.SequenceEqual(call.Host.Name.Span) && HostRecords.FindFile(records, host, inodeFrom, out inode))
                return true;
        }

        return false;
    }
}
