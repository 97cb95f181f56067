using System.Buffers.Binary;
using Uss.Runtime;
using Uss.Target.Scsi;

namespace Uss.Target.Tests.Support;

/// <summary>
/// A disk in memory under LUN 0 and 1 with blocks of 512 bytes: READ (10), WRITE (10), INQUIRY, TEST UNIT READY. Can hold
/// commands back and remembers what reached its media.
/// </summary>
internal sealed class FakeDevice : IScsiDevice
{
    public const int BlockBytes = 512;

    private readonly List<(ScsiCommand Command, TaskCompletionSource Gate)> _held = [];

    public byte[] Media { get; } = new byte[64 << 20];

    /// <summary>Commands wait until <see cref="Release"/>.</summary>
    public bool IsHeld { get; set; }

    public int HeldCount => _held.Count;

    public IReadOnlyList<ScsiCommand> Held => _held.ConvertAll(held => held.Command);

    /// <summary>Executed commands, in order: opcode and block.</summary>
    public List<string> Log { get; } = [];

    public bool IsLogging { get; set; } = true;

    public List<ScsiNexus> Nexuses { get; } = [];

    /// <summary>Task management that reached the device.</summary>
    public List<string> Management { get; } = [];

    public long DataOutLength(ScsiCommand command) => command.Cdb[0] == 0x2A ? BlocksOf(command) * BlockBytes : 0;

    public ValueTask ExecuteAsync(ScsiCommand command)
    {
        if (IsHeld)
            return ExecuteLaterAsync(command);
        Execute(command);
        return default;
    }

    public void Release(int count = int.MaxValue)
    {
        for (; count > 0 && _held.Count > 0; count--)
        {
            var gate = _held[0].Gate;
            _held.RemoveAt(0);
            gate.SetResult();
        }
    }

    public ScsiNexus AttachNexus(string initiatorPort, string initiatorIqn, string targetPort, int relativeTargetPort)
    {
        var nexus = new ScsiNexus(initiatorPort, initiatorIqn, targetPort, relativeTargetPort);
        Nexuses.Add(nexus);
        return nexus;
    }

    public void DetachNexus(ScsiNexus nexus) => Nexuses.Remove(nexus);

    public bool ResetLogicalUnit(ScsiNexus nexus, ulong lun)
    {
        Management.Add($"reset {lun >> 48}");
        return true;
    }

    public void ResetTarget(ScsiNexus nexus) => Management.Add("reset all");

    public bool ClearTaskSet(ScsiNexus nexus, ulong lun, IReadOnlyCollection<ScsiNexus> affected)
    {
        Management.Add($"clear {lun >> 48} for {affected.Count}");
        return true;
    }

    public bool HasLogicalUnit(ScsiNexus nexus, ulong lun) => lun is 0 or (1UL << 48);

    private static int BlocksOf(ScsiCommand command) => BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[7..]);

    private async ValueTask ExecuteLaterAsync(ScsiCommand command)
    {
        var gate = new TaskCompletionSource();
        _held.Add((command, gate));
        await gate.Task;
        Execute(command);
    }

    private void Execute(ScsiCommand command)
    {
        if (IsLogging)
            Log.Add($"{command.Cdb[0]:X2} {BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[2..])}");
        var offset = (int)BinaryPrimitives.ReadUInt32BigEndian(command.Cdb[2..]) * BlockBytes;
        var length = BlocksOf(command) * BlockBytes;
        switch (command.Cdb[0])
        {
            case 0x00:
                break;
            case 0x12:
                var allocated = Math.Min(96, (int)BinaryPrimitives.ReadUInt16BigEndian(command.Cdb[3..]));
                Answer(command, allocated).Fill(0x55);
                break;
            case 0x28:
                Media.AsSpan(offset, Math.Min(length, command.DataInLimit)).CopyTo(Answer(command, length));
                break;
            case 0x2A:
                command.DataOut.Span.CopyTo(Media.AsSpan(offset));
                command.TransferLength = length;
                break;
            default:
                command.Status = ScsiStatus.CheckCondition;
                command.SenseLength = 18;
                command.Sense[0] = 0x70;
                command.Sense[2] = 5;
                command.Sense[7] = 10;
                command.Sense[12] = 0x20;
                break;
        }
    }

    private static Span<byte> Answer(ScsiCommand command, int length)
    {
        command.TransferLength = length;
        var sent = Math.Min(length, command.DataInLimit);
        if (sent == 0)
            return default;
        command.DataIn = Reactor.Current.Buffers.Rent(sent).Slice(0, sent);
        return command.DataIn.Span;
    }
}
