using Uss.Runtime;
using Uss.Simulation.Blocks;
using Uss.Target.Iscsi;

namespace Uss.Simulation.Target;

/// <summary>
/// A session of a simulated initiator (RFC 7143): commands within the command window, immediate and solicited data,
/// time-outs that lead to ABORT TASK and then to the end of the session, as initiators do.
/// </summary>
internal sealed partial class InitiatorSession : IBlockTarget
{
    private const byte SimpleTask = 1;
    private const long WindowPollNs = 200_000;

    private readonly Reactor _reactor;
    private readonly SeededRandom _random;
    private readonly InitiatorTransport _transport;
    private readonly SortedDictionary<uint, InitiatorCommand> _commands = [];
    private readonly byte[] _header = new byte[BasicHeader.Size];
    private readonly int _commandTimeoutMs;
    private uint _nextTag = 1;
    private uint _commandSequence = 1;
    private uint _lastCommandSequence = 1;
    private uint _expectedStatus;
    private bool _isReceiving;

    private InitiatorSession(Reactor reactor, SeededRandom random, IConnection connection)
    {
        _reactor = reactor;
        _random = random;
        _transport = new InitiatorTransport(reactor, connection);
        _commandTimeoutMs = 500 + random.Next(4000);
    }

    /// <summary>True once no more answers will come.</summary>
    public bool IsOver { get; private set; }

    /// <inheritdoc/>
    public async ValueTask<BlockOutcome> ExecuteAsync(BlockRequest request, Memory<byte> data)
    {
        while (!IsOver && (int)(_commandSequence - _lastCommandSequence) > 0)
            await _reactor.DelayAsync(WindowPollNs);
        if (IsOver)
            return BlockOutcome.Lost;
        var (cdb, dataOut, dataIn) = InitiatorCdb.Build(request, _random);
        var command = new InitiatorCommand
        {
            Tag = _nextTag++,
            CommandSequence = _commandSequence++,
            DataOut = dataOut,
            DataIn = data[..dataIn],
        };
        _commands.Add(command.Tag, command);
        SendCommand(command, cdb, dataIn);
        _reactor.Spawn(WatchAsync(command));
        return await command.Task;
    }

    /// <summary>Ends the session without a word, and everything of it on this side.</summary>
    public async ValueTask CloseAsync()
    {
        Over();
        _transport.Break();
        while (_isReceiving)
            await _reactor.DelayAsync(10_000);
        await _transport.CloseAsync();
    }

    private void SendCommand(InitiatorCommand command, UInt128 cdb, int dataIn)
    {
        var first = Math.Min(command.DataOut.Length, FirstBurstLength);
        var immediate = ImmediateData ? Math.Min(first, TargetSegmentLength) : 0;
        var unsolicited = InitialReadyToTransfer ? 0 : first - immediate;
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        new ScsiRequest
        {
            IsFinal = unsolicited == 0,
            IsRead = dataIn > 0,
            IsWrite = command.DataOut.Length > 0,
            Attribute = SimpleTask,
            InitiatorTaskTag = command.Tag,
            ExpectedDataTransferLength = (uint)(dataIn + command.DataOut.Length),
            CmdSn = command.CommandSequence,
            ExpStatSn = _expectedStatus,
            Cdb = cdb,
        }.Write(header);
        _transport.Send(header, command.DataOut.AsSpan(0, immediate));
        SendData(command, BasicHeader.NoTag, immediate, unsolicited);
    }

    private void SendData(InitiatorCommand command, uint transferTag, int offset, int length)
    {
        Span<byte> header = stackalloc byte[BasicHeader.Size];
        uint dataSequence = 0;
        for (var sent = 0; sent < length;)
        {
            var segment = Math.Min(length - sent, TargetSegmentLength);
            new DataOut
            {
                IsFinal = sent + segment == length,
                InitiatorTaskTag = command.Tag,
                TargetTransferTag = transferTag,
                ExpStatSn = _expectedStatus,
                DataSn = dataSequence++,
                BufferOffset = (uint)(offset + sent),
            }.Write(header);
            _transport.Send(header, command.DataOut.AsSpan(offset + sent, segment));
            sent += segment;
        }
    }

    /// <summary>Aborts the command when it takes too long, and at times for no reason.</summary>
    private async ValueTask WatchAsync(InitiatorCommand command)
    {
        var timeoutMs = _random.Next(40) == 0 ? 1 + _random.Next(5) : _commandTimeoutMs;
        for (var waitedMs = 0; waitedMs < timeoutMs && !command.IsEnded; waitedMs += 10)
            await _reactor.DelayAsync(Math.Min(timeoutMs, 10) * 1_000_000L);
        if (!command.IsEnded && !IsOver)
            await AbortAsync(command);
    }

    private void Over()
    {
        IsOver = true;
        foreach (var command in _commands.Values.ToArray())
            command.End(BlockOutcome.Lost);
        _commands.Clear();
        _management?.Complete(-1);
        _management = null;
    }
}
