namespace Uss.Runtime.IoUring;

/// <summary>A disk, connection or listener of an io_uring reactor.</summary>
internal interface IRingResource
{
    /// <summary>The reactor stops: cancel what is under way and close.</summary>
    void Stop();
}
