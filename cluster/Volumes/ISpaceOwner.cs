namespace Uss.Volumes;

/// <summary>What a front-end does as the owner of metadata spaces, for the front-ends of other nodes.</summary>
public interface ISpaceOwner
{
    /// <summary>Carries out a call.</summary>
    /// <param name="space">The metadata space; <see cref="BlockNode.NoSpace"/>: it is for the front-end as such.</param>
    /// <param name="request">What is asked, until the task completes.</param>
    /// <param name="answer">Room for the answer.</param>
    /// <returns>Bytes of the answer; -1 when this node does not own the space, or has ceased to on the way: nobody knows what was done.</returns>
    ValueTask<int> CallAsync(ulong space, ReadOnlyMemory<byte> request, Memory<byte> answer);
}
