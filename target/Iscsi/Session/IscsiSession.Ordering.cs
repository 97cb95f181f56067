using Uss.Runtime;

namespace Uss.Target.Iscsi;

// CmdSN: the order of commands and the window that bounds how many may be outstanding (RFC 7143, 4.2.2.1).
internal sealed partial class IscsiSession
{
    private readonly int _window;
    private object?[]? _held;
    private int _heldCount;
    private int _outstanding;

    /// <summary>Whether a request is due.</summary>
    private enum Admission : byte
    {
        /// <summary>Outside of the window or a duplicate: silently ignored.</summary>
        Ignore,

        /// <summary>It is the next one.</summary>
        Now,

        /// <summary>Others come before it.</summary>
        Later,

        /// <summary>For immediate delivery: has no place in the order.</summary>
        Immediate,
    }

    /// <summary>CmdSN that is expected next.</summary>
    public uint ExpCmdSn { get; private set; }

    /// <summary>
    /// Last CmdSN that the initiator may use. It never goes back: both a new command (ExpCmdSN up, outstanding up) and
    /// an answered one (outstanding down) keep it or raise it.
    /// </summary>
    public uint MaxCmdSn => ExpCmdSn + (uint)(_window - _outstanding) - 1;

    private Admission Admit(ReadOnlySpan<byte> header)
    {
        if (BasicHeader.IsImmediate(header))
            return Admission.Immediate;
        var cmdSn = BasicHeader.CmdSn(header);
        var ahead = (int)(cmdSn - ExpCmdSn);
        if (ahead < 0 || (int)(MaxCmdSn - cmdSn) < 0)
            return Admission.Ignore;
        if (ahead == 0)
            return Admission.Now;
        return _held?[cmdSn % MaximumWindow] is null ? Admission.Later : Admission.Ignore;
    }

    private void AdvanceCmdSn()
    {
        ExpCmdSn++;
        while (_heldCount > 0 && _held![ExpCmdSn % MaximumWindow] is { } held)
        {
            _held[ExpCmdSn % MaximumWindow] = null;
            _heldCount--;
            if (held is IscsiTask task)
            {
                _outstanding++;
                ExpCmdSn++;
                Deliver(task);
                continue;
            }

            if (held is HeldPdu pdu)
            {
                ActOther(pdu.Header, pdu.Payload);
                pdu.Release();
            }

            ExpCmdSn++;
        }
    }

    private void Hold(uint cmdSn, object what)
    {
        _held ??= new object?[MaximumWindow];
        _held[cmdSn % MaximumWindow] = what;
        _heldCount++;
    }

    private void HoldOther(BufferSlice payload)
    {
        if (payload.Length > 0)
            payload.Buffer.AddReference();
        Hold(BasicHeader.CmdSn(_header), new HeldPdu(((ReadOnlySpan<byte>)_header).ToArray(), payload));
    }

    // The number is used up, but nothing is to be done when it is due.
    private void HoldNothing(uint cmdSn) => Hold(cmdSn, Nothing);

    private static readonly object Nothing = new();

    private void ReleaseHeld()
    {
        for (var i = 0; i < MaximumWindow && _heldCount > 0; i++)
        {
            if (_held![i] is null)
                continue;
            (_held[i] as HeldPdu)?.Release();
            _held[i] = null;
            _heldCount--;
        }
    }

    /// <summary>A request other than a command that came before its turn.</summary>
    private sealed record HeldPdu(byte[] Header, BufferSlice Payload)
    {
        public void Release()
        {
            if (Payload.Length > 0)
                Payload.Buffer.Release();
        }
    }
}
