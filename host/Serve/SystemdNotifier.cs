using System.Net.Sockets;
using System.Text;

namespace Uss.Host.Serve;

/// <summary>
/// Tells systemd how far the service is, over the socket named by <c>NOTIFY_SOCKET</c> (sd_notify(3)). Does nothing
/// where there is none.
/// </summary>
internal sealed class SystemdNotifier
{
    public const string Variable = "NOTIFY_SOCKET";

    private readonly string? _address;

    /// <param name="address">Value of <see cref="Variable"/>: a path, or <c>@</c> and an abstract name; null: not under systemd.</param>
    public SystemdNotifier(string? address) => _address = string.IsNullOrEmpty(address) ? null : address;

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}\nMAINPID={Environment.ProcessId}");

    public void Stopping() => Send("STOPPING=1\nSTATUS=stopping");

    private void Send(string message)
    {
        if (_address is null)
            return;
        try
        {
            // An abstract name starts with a zero byte where the variable has '@'.
            var name = _address[0] == '@' ? "\0" + _address[1..] : _address;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(name));
        }
        catch (SocketException)
        {
            // Whoever asked to be told is gone; the service does not depend on it.
        }
    }
}
