namespace Uss.Coordination.Etcd;

/// <summary>How a request to etcd ended.</summary>
internal enum EtcdOutcome
{
    /// <summary>A member answered.</summary>
    Answered,

    /// <summary>A member refused, and nothing was done.</summary>
    Refused,

    /// <summary>No connection: the request was never sent.</summary>
    Unsent,

    /// <summary>The request was sent, and no usable answer came: whether it was done is unknown.</summary>
    Lost,
}

/// <summary>End of a request to etcd.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Value">The answer when there is one.</param>
/// <param name="Code">gRPC's status code of a refusal.</param>
internal readonly record struct EtcdAnswer<T>(EtcdOutcome Outcome, T? Value = default, int Code = 0)
{
    // gRPC's status codes.
    public const int InvalidArgument = 3;
    public const int NotFound = 5;
    public const int ResourceExhausted = 8;
    public const int FailedPrecondition = 9;
    public const int OutOfRange = 11;
}
