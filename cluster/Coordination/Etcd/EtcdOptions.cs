using Uss.Runtime;

namespace Uss.Coordination.Etcd;

/// <summary>Where etcd is and how long it is waited for.</summary>
public sealed record EtcdOptions
{
    /// <summary>Client URLs of the members (<c>http://HOST:2379</c>); when one does not answer, the next one is asked.</summary>
    public required IReadOnlyList<Uri> Endpoints { get; init; }

    /// <summary>What the keys of this cluster start with in etcd; ends with a slash.</summary>
    public string Prefix { get; init; } = "/uss/";

    /// <summary>How long a connection may take to open, in milliseconds.</summary>
    public int ConnectTimeoutMs { get; init; } = 500;

    /// <summary>
    /// How long one member may take for an answer, in milliseconds. What can be asked twice is then asked of the next
    /// member, so that a read takes at most this for each of them.
    /// </summary>
    public int RequestTimeoutMs { get; init; } = 1000;

    /// <summary>
    /// How long the stream of a watch may be silent before it is taken for dead and opened anew, in milliseconds. It is
    /// meant to be longer than etcd's <c>--experimental-watch-progress-notify-interval</c>; where that is longer (its
    /// default is ten minutes), a quiet watch costs one request in this time.
    /// </summary>
    public int WatchSilenceMs { get; init; } = 3000;

    /// <summary>What is wrong with the options; null when they are sound.</summary>
    internal Fault? FindFault()
    {
        if (Endpoints.Count == 0)
            return Bad("no URL of etcd is given");
        foreach (var endpoint in Endpoints)
        {
            if (!endpoint.IsAbsoluteUri || endpoint.Scheme is not ("http" or "https") || endpoint.PathAndQuery != "/")
                return Bad($"'{endpoint}' is no URL of an etcd member");
        }

        if (Prefix.Length < 2 || Prefix[^1] != '/')
            return Bad($"the prefix '{Prefix}' does not end with a slash");
        return ConnectTimeoutMs > 0 && RequestTimeoutMs > 0 && WatchSilenceMs > 0 ? null : Bad("a timeout is not positive");
    }

    private static Fault Bad(string why) => new(
        "bad-etcd-options", $"The coordination store cannot be opened: {why}.", "Give URLs such as http://10.0.0.1:2379.");
}
