using Uss.EndToEnd.Crashes;
using Uss.EndToEnd.Harness;
using Uss.EndToEnd.Iscsi;

namespace Uss.EndToEnd.Cluster;

/// <summary>
/// Data that takes the room of a pool: stamped blocks, one after the other, down to the last block for which there is room, and
/// on whenever some becomes free, until it is told to stop.
/// </summary>
/// <param name="sandbox">Where the nodes are.</param>
/// <param name="portal">Of the node to write through.</param>
/// <param name="lun">Its LUN.</param>
/// <param name="initiator">Name to log in with.</param>
internal sealed class Ballast(Sandbox sandbox, string portal, int lun, string initiator)
{
    private const int Version = 1;
    private const int LargestPiece = 1 << 18;
    private const int CheckedPiece = 1 << 16;

    private static readonly TimeSpan WhileFull = TimeSpan.FromMilliseconds(20);

    private Task _filling = Task.CompletedTask;
    private volatile bool _isStopping;
    private long _writtenBytes;

    /// <summary>Acknowledged bytes, from the volume's start.</summary>
    public long WrittenBytes => Volatile.Read(ref _writtenBytes);

    /// <summary>Starts to take all the room that there is.</summary>
    public void Start()
    {
        _isStopping = false;
        _filling = InSession(Fill);
    }

    /// <summary>Stops to take room; it keeps what it has.</summary>
    public void Stop()
    {
        _isStopping = true;
        _filling.GetAwaiter().GetResult();
    }

    /// <summary>Compares: what was acknowledged is there.</summary>
    public void Verify() => InSession(session =>
    {
        var data = new byte[CheckedPiece];
        for (var offset = 0L; offset < WrittenBytes; offset += CheckedPiece)
        {
            session.Read(offset, data);
            for (var at = 0; at < CheckedPiece && offset + at < WrittenBytes; at += StampedBlock.Size)
            {
                var version = StampedBlock.Read(data.AsSpan(at, StampedBlock.Size), (offset + at) / StampedBlock.Size, out var problem);
                Assert.That(problem, Is.Null);
                Assert.That(version, Is.EqualTo(Version), $"the block at {offset + at} of ballast");
            }
        }
    }).GetAwaiter().GetResult();

    private void Fill(LibiscsiSession session)
    {
        var data = new byte[LargestPiece];
        var length = data.Length;
        while (!_isStopping)
        {
            for (var at = 0; at < length; at += StampedBlock.Size)
                StampedBlock.Write(data.AsSpan(at, StampedBlock.Size), (_writtenBytes + at) / StampedBlock.Size, Version);
            try
            {
                session.Write(_writtenBytes, data.AsSpan(0, length));
                Volatile.Write(ref _writtenBytes, _writtenBytes + length);
                length = Math.Min(2 * length, data.Length);
            }
            catch (CommandRefusedException refused) when (refused.IsSpaceRefusal)
            {
                length = Math.Max(length / 2, StampedBlock.Size);
                Thread.Sleep(WhileFull);
            }
            catch (CommandRefusedException refused) when (refused.IsBusy || refused.IsUnitAttention)
            {
                Thread.Sleep(WhileFull);
            }
        }
    }

    private Task InSession(Action<LibiscsiSession> work) => sandbox.RunInNetwork(() =>
    {
        using var session = LibiscsiSession.Connect(portal, UssService.TargetIqn, lun, initiator);
        work(session);
        session.Logout();
    });
}
