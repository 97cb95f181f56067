using Uss.NfsFrontend.Metadata;

namespace Uss.NfsFrontend.Files;

// Files without a name: kept a while for those who have them open, then given back.
public sealed partial class FileService
{
    private const int LowFraction = 20;

    private async ValueTask ReapAsync()
    {
        _jobs++;
        var find = new FindOrphanOperation();
        while (!_isClosing)
        {
            await WaitForChangeAsync(_options.LookNs);
            ForgetWrites();
            find.SinceNs = Time.NextNs() - KeptNs;
            find.From = 0;
            while (!_isClosing && await _records.RunAsync(find) == RecordStatus.Ok && find.Inode is { } inode)
            {
                find.From = inode + 1;
                await ReapAsync(inode);
            }
        }

        _jobs--;
        RaiseChange();
    }

    private long KeptNs
    {
        get
        {
            var (total, free) = Data.Room;
            return free < total / LowFraction ? _options.OrphanWhenFullNs : _options.OrphanNs;
        }
    }

    /// <summary>Gives back the contents of all files, and takes the files away: nobody may use the file system any more.</summary>
    public async ValueTask<RecordStatus> EmptyAsync()
    {
        var find = new FindFileOperation();
        RecordStatus status;
        while ((status = await _records.RunAsync(find)) == RecordStatus.Ok && find.Inode is { } inode && !_isClosing)
        {
            find.From = inode + 1;
            if (find.IsRegular)
                await ReapAsync(inode);
        }

        return _isClosing ? RecordStatus.Lost : status;
    }

    private async ValueTask ReapAsync(ulong inode)
    {
        if (IsBeingCutOff(inode))
            return;
        Close(inode);

        // The inode goes first, so that nobody can write any more; the truncation says what is left to do.
        var reap = new ReapOperation(inode);
        var status = await _records.RunAsync(reap);
        if (status == RecordStatus.Ok)
            await FinishAsync(reap.Truncation);
        else if (status == RecordStatus.Lost && reap.Truncation.Inode == inode)
            await FinishIfNotedAsync(reap.Truncation);
        else
            Open(inode);
    }
}
