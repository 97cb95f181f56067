namespace Uss.Replication.Rpc;

/// <summary>How a call ended. From 16 on the values belong to the service.</summary>
public enum RpcStatus : ushort
{
    /// <summary>Done.</summary>
    Ok = 0,

    /// <summary>The connection ended before the answer: nobody knows whether the request was carried out. Never sent.</summary>
    Lost = 1,

    /// <summary>The time was over: as <see cref="Lost"/>, but the connection lives.</summary>
    TimedOut = 2,

    /// <summary>The other side does not know the operation.</summary>
    UnknownOperation = 3,

    /// <summary>The other side cannot make sense of the request.</summary>
    BadRequest = 4,

    /// <summary>The other side has no memory for the request and did not start it.</summary>
    Busy = 5,

    /// <summary>First of the service's own values.</summary>
    FirstOfService = 16,
}
