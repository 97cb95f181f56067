using System.Runtime.CompilerServices;
using Uss.Runtime;

namespace Uss.Target.Iscsi;

/// <summary>What follows once a <see cref="ControlPdu"/> has been sent.</summary>
internal enum AfterSend
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>The connection closes gracefully.</summary>
    Close,
}

/// <summary>A PDU other than a task's: its header lacks only the sequence numbers, which it gets when it is written.</summary>
internal sealed class ControlPdu : OutputItem
{
    private HeaderBytes _header;
    private BufferSlice _data;

    /// <summary>The header to fill in.</summary>
    public Span<byte> Header => _header;

    /// <summary>Data segment; the PDU holds a reference to the buffer.</summary>
    public BufferSlice Data
    {
        get => _data;
        set => _data = value;
    }

    /// <summary>
    /// True when the PDU takes a StatSN; false for a NOP-In that asks for an answer (RFC 7143, 11.19.2: it carries the
    /// next StatSN without taking it).
    /// </summary>
    public bool TakesStatSn { get; set; }

    /// <summary>What follows.</summary>
    public AfterSend After { get; set; }

    /// <inheritdoc/>
    public override WriteOutcome Write(IscsiConnection connection, OutputBatch batch)
    {
        if (!batch.HasRoom)
            return WriteOutcome.BatchIsFull;
        var header = batch.NextHeader;
        Header.CopyTo(header);
        connection.PutSequence(header, TakesStatSn);
        if (BasicHeader.OpcodeOf(header) == Opcode.LoginResponse)
            batch.AddWithoutDigests(header, _data);
        else
            batch.AddWithData(header, _data);
        return WriteOutcome.Finished;
    }

    /// <inheritdoc/>
    public override void Release(IscsiConnection connection)
    {
        var after = After;
        connection.OnControlReleased(_data.Length);
        if (_data.Length > 0)
            _data.Buffer.Release();
        _data = default;
        After = AfterSend.Nothing;
        connection.Recycle(this);
        if (after == AfterSend.Close)
            connection.CloseGracefully();
    }

    [InlineArray(BasicHeader.Size)]
    private struct HeaderBytes
    {
        private byte _first;
    }
}
