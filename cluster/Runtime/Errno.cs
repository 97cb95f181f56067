namespace Uss.Runtime;

/// <summary>Linux error numbers that this code tells apart.</summary>
public static class Errno
{
    /// <summary>No such file or directory.</summary>
    public const int NoEntry = 2;

    /// <summary>Interrupted by a signal.</summary>
    public const int Interrupted = 4;

    /// <summary>Input/output error.</summary>
    public const int Io = 5;

    /// <summary>Try again.</summary>
    public const int Again = 11;

    /// <summary>Permission denied.</summary>
    public const int Access = 13;

    /// <summary>Device or resource busy.</summary>
    public const int Busy = 16;

    /// <summary>Invalid argument.</summary>
    public const int Invalid = 22;

    /// <summary>No space left on device.</summary>
    public const int NoSpace = 28;

    /// <summary>Broken pipe.</summary>
    public const int Pipe = 32;

    /// <summary>Protocol error.</summary>
    public const int Protocol = 71;

    /// <summary>Message too long.</summary>
    public const int MessageSize = 90;

    /// <summary>Operation not supported.</summary>
    public const int NotSupported = 95;

    /// <summary>Address already in use.</summary>
    public const int AddressInUse = 98;

    /// <summary>Connection reset by peer.</summary>
    public const int ConnectionReset = 104;

    /// <summary>Connection timed out.</summary>
    public const int TimedOut = 110;

    /// <summary>Connection refused.</summary>
    public const int ConnectionRefused = 111;

    /// <summary>Operation cancelled.</summary>
    public const int Canceled = 125;

    /// <summary>The error in words, for logs and messages.</summary>
    public static string Describe(int errno) =>
        $"{System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
}
