using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files;

/// <summary>
/// A call of NFS as one operation on records: looks, decides, changes, and writes the results, all at one moment. It may be run several
/// times before it counts, and begins anew each time.
/// </summary>
internal sealed partial class FileOperation(FileService service) : RecordOperation
{
    private RecordTransaction _records = null!;
    private CountersRecord _counters;
    private long _nowNs;
    private readonly List<ulong> _closed = [];

    /// <summary>The call.</summary>
    public FileCall Call { get; set; } = null!;

    /// <summary>An inode whose contents are being cut off: the call has to wait for that and be run again.</summary>
    public ulong WaitsFor { get; private set; }

    /// <summary>Another copy of the WRITE may be writing: the call has to wait for that and be run again.</summary>
    public bool WaitsForCopy { get; private set; }

    /// <summary>Another copy of the WRITE has written its data.</summary>
    public bool IsWritten { get; private set; }

    /// <summary>The call has to be run again.</summary>
    public bool Waits => WaitsFor != 0 || WaitsForCopy;

    /// <summary>What the call leaves to be cut off before it may be answered.</summary>
    public TruncationRecord? Truncation { get; private set; }

    /// <inheritdoc/>
    public override void Run(RecordTransaction records)
    {
        _records = records;
        (WaitsFor, WaitsForCopy, IsWritten, Truncation) = (0, false, false, null);
        _nowNs = service.Time.NextNs();
        if (!LoadCounters())
            Refuse(NfsStatus.Io);
        else if (Call.IsReadOnly && IsChange)
            Refuse(NfsStatus.ReadOnly);
        else if (IsRemembered)
            DispatchOnce();
        else
            Dispatch();
        CloseCutOff();
    }

    /// <summary>The call has been answered.</summary>
    public void Reset()
    {
        Call = null!;
        (WaitsFor, WaitsForCopy, IsWritten, Truncation) = (0, false, false, null);
    }

    /// <summary>
    /// Runs that did not count may have closed files; those who wait for them go on. Not to be called by a run: they would begin others.
    /// </summary>
    /// <param name="but">The file whose contents are still to be cut off; 0: none.</param>
    public void OpenClosed(ulong but)
    {
        foreach (var inode in _closed)
        {
            if (inode != but)
                service.Open(inode);
        }

        _closed.Clear();
    }

    // From the moment that a file becomes shorter until that is done, nobody writes to it.
    private void CloseCutOff()
    {
        if (_records.IsIncomplete || Truncation is not { } truncation || _closed.Contains(truncation.Inode))
            return;
        service.Close(truncation.Inode);
        _closed.Add(truncation.Inode);
    }

    // What a copy of the call may do only if the first one did. WRITE sees to that itself.
    private bool IsRemembered => IsChange && Call.Procedure != NfsProcedure.Write;

    private void DispatchOnce()
    {
        if (WasRefused(out var status))
        {
            Refuse(status);
            return;
        }

        Dispatch();
        if (Call.Status == NfsStatus.Stale && WaitsFor == 0 && WasDone(out _))
            AnswerDone();
        else if (WaitsFor == 0)
            NoteRefused();
    }

    // The call was carried out, and what it was about has gone since: there is nothing more to tell.
    private void AnswerDone()
    {
        var writer = BeginResults(NfsStatus.Ok);
        var making = Call.Procedure is NfsProcedure.Create or NfsProcedure.MakeDirectory or NfsProcedure.SymbolicLink or NfsProcedure.MakeNode;
        for (var missing = ProcedureArguments.OptionalAttributesOf(Call.Procedure) + (making ? 2 : 0); missing > 0; missing--)
            writer.Boolean(false);
        EndResults(writer);
    }

    private bool IsChange => Call.Procedure is NfsProcedure.SetAttributes or (>= NfsProcedure.Write and <= NfsProcedure.Link);

    private void Dispatch()
    {
        switch (Call.Procedure)
        {
            case NfsProcedure.GetAttributes:
                GetAttributes();
                break;
            case NfsProcedure.SetAttributes:
                SetAttributes();
                break;
            case NfsProcedure.Lookup:
                Lookup();
                break;
            case NfsProcedure.Access:
                Access();
                break;
            case NfsProcedure.ReadLink:
                ReadLink();
                break;
            case NfsProcedure.Read:
                Read();
                break;
            case NfsProcedure.Write:
                Write();
                break;
            case NfsProcedure.Create:
                Create();
                break;
            case NfsProcedure.MakeDirectory:
                MakeDirectory();
                break;
            case NfsProcedure.SymbolicLink:
                MakeSymbolicLink();
                break;
            case NfsProcedure.MakeNode:
                MakeNode();
                break;
            case NfsProcedure.Remove:
                Remove();
                break;
            case NfsProcedure.RemoveDirectory:
                RemoveDirectory();
                break;
            case NfsProcedure.Rename:
                Rename();
                break;
            case NfsProcedure.Link:
                Link();
                break;
            case NfsProcedure.ReadDirectory:
                ReadDirectory();
                break;
            case NfsProcedure.ReadDirectoryPlus:
                ReadDirectoryPlus();
                break;
            case NfsProcedure.FileSystemStatus:
                FileSystemStatus();
                break;
            case NfsProcedure.FileSystemInformation:
                FileSystemInformation();
                break;
            case NfsProcedure.PathConfiguration:
                PathConfiguration();
                break;
            case NfsProcedure.Commit:
                Commit();
                break;
            default:
                Refuse(NfsStatus.NotSupported);
                break;
        }
    }

    private XdrWriter BeginResults(NfsStatus status)
    {
        var writer = new XdrWriter(Call.Results.Span);
        writer.UInt32((uint)status);
        return writer;
    }

    private void EndResults(in XdrWriter writer) => Call.ResultBytes = writer.Position;

    // A refusal that tells no attributes of files.
    private void Refuse(NfsStatus status)
    {
        var writer = BeginResults(status);
        for (var missing = ProcedureArguments.OptionalAttributesOf(Call.Procedure); missing > 0; missing--)
            writer.Boolean(false);
        EndResults(writer);
    }

    private uint FileSystem => Call.Handle.FileSystem;

    private void WriteAttributes(ref XdrWriter writer, ulong inode, in InodeRecord record)
    {
        writer.Boolean(true);
        record.ToAttributes(inode, FileSystem).Write(ref writer);
    }

    private void WriteHandle(ref XdrWriter writer, ulong inode, uint generation)
    {
        Span<byte> bytes = stackalloc byte[FileHandle.Size];
        new FileHandle { Export = Call.Export, FileSystem = FileSystem, Inode = inode, Generation = generation }
            .Write(bytes, Call.HandleKey.Span);
        writer.Opaque(bytes);
    }

    // wcc_data: of what a file was before there are length and times, where they are known, and all of what it is now.
    private void WriteConsistency(ref XdrWriter writer, in InodeRecord? before, ulong inode)
    {
        var isThere = TryLoad(inode, out var after);
        writer.Boolean(before is not null && isThere);
        if (before is { } was && isThere)
        {
            writer.UInt64((ulong)was.Length);
            FileTime.Of(was.ModifiedNs).Write(ref writer);
            FileTime.Of(was.ChangedNs).Write(ref writer);
        }

        if (isThere)
            WriteAttributes(ref writer, inode, after);
        else
            writer.Boolean(false);
    }

    // The results of a procedure that changes one file or directory and has nothing else to tell.
    private void AnswerWithConsistency(NfsStatus status, in InodeRecord? before)
    {
        var writer = BeginResults(status);
        WriteConsistency(ref writer, before, Call.Handle.Inode);
        EndResults(writer);
    }
}
