namespace Uss.Runtime.IoUring;

/// <summary>Closes a descriptor, then reports to its owner; one for each resource.</summary>
internal sealed class CloseOperation(IoUringReactor reactor, int descriptor, Action closed) : Operation(reactor)
{
    internal override unsafe void Prepare(SubmissionEntry* entry)
    {
        entry->Opcode = RingOpcode.Close;
        entry->Descriptor = descriptor;
    }

    protected override void OnCompleted(int result, uint flags)
    {
        Reactor.Operations.Remove(this);
        closed();
    }
}
