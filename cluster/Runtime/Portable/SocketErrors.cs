using System.Net.Sockets;

namespace Uss.Runtime.Portable;

/// <summary>Translates .NET's socket errors to error numbers.</summary>
internal static class SocketErrors
{
    internal static int ToErrno(SocketError error) => error switch
    {
        SocketError.Success => 0,
        SocketError.OperationAborted or SocketError.Interrupted or SocketError.NotSocket => Errno.Canceled,
        SocketError.ConnectionReset => Errno.ConnectionReset,
        SocketError.ConnectionAborted => 103,
        SocketError.Shutdown => Errno.Pipe,
        SocketError.TimedOut => Errno.TimedOut,
        SocketError.ConnectionRefused => Errno.ConnectionRefused,
        SocketError.AddressAlreadyInUse => Errno.AddressInUse,
        SocketError.AddressNotAvailable => 99,
        SocketError.AccessDenied => Errno.Access,
        SocketError.NetworkUnreachable or SocketError.NetworkDown => 101,
        SocketError.HostUnreachable or SocketError.HostDown => 113,
        SocketError.TooManyOpenSockets => 24,
        SocketError.MessageSize => Errno.MessageSize,
        SocketError.InvalidArgument => Errno.Invalid,
        SocketError.OperationNotSupported or SocketError.AddressFamilyNotSupported => Errno.NotSupported,
        _ => Errno.Io,
    };
}
