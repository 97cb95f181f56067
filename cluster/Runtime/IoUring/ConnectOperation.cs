namespace Uss.Runtime.IoUring;

/// <summary>One attempt to connect; made for it and dropped after it.</summary>
internal sealed unsafe class ConnectOperation(IoUringReactor reactor, int descriptor) : IoOperation(reactor), IDisposable
{
    internal SocketAddress Address { get; } = new();

    public void Dispose()
    {
        Reactor.Operations.Remove(this);
        Address.Dispose();
    }

    internal ValueTask<IoResult> Start(Endpoint endpoint)
    {
        Address.Set(endpoint);
        Reactor.Submit(this);
        return Task;
    }

    internal override void Prepare(SubmissionEntry* entry)
    {
        entry->Opcode = RingOpcode.Connect;
        entry->Descriptor = descriptor;
        entry->Address = (ulong)Address.Pointer;
        entry->Offset = Address.Length;
    }

    protected override void OnCompleted(int result, uint flags) => Finish(new IoResult(result));

    protected override void OnCollected()
    {
    }
}
