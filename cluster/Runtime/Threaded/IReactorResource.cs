namespace Uss.Runtime.Threaded;

/// <summary>A disk, connection or listener of a real reactor.</summary>
internal interface IReactorResource
{
    /// <summary>The reactor stops: cancel what is under way and close.</summary>
    void Stop();
}
