using System.Buffers.Binary;
using System.Text;
using Uss.NfsFrontend.Locks;
using Uss.Runtime;
using Uss.Volumes;

namespace Uss.NfsFrontend.Owners;

/// <summary>Tells clients that they have locks, by the front-end that each asked: a client takes no lock from anybody else.</summary>
internal sealed class LockGrants(BlockNode node, FileSystemTable table) : ILockGrants
{
    /// <inheritdoc/>
    public async ValueTask<GrantOutcome> GrantAsync(LockCall call)
    {
        var frontEnd = Encoding.UTF8.GetString(call.FrontEnd.Span);
        if (frontEnd == node.Name)
            return table.Callbacks is { } callbacks ? await callbacks.GrantAsync(call) : GrantOutcome.Unreachable;
        var message = new byte[2 * sizeof(uint) + LockCall.MaximumSize];
        var length = FileCallMessage.WriteLock(call, isGrant: true, message);
        var room = Reactor.Current.Buffers.Rent(sizeof(uint));
        var answered = await node.CallFrontEndAsync(frontEnd, message.AsMemory(0, length), room.Slice(0, sizeof(uint)));
        var outcome = answered == sizeof(uint) ? (GrantOutcome)BinaryPrimitives.ReadUInt32BigEndian(room.Slice().Span) : GrantOutcome.Unknown;
        room.Release();
        return outcome;
    }
}
