using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Uss.Runtime.IoUring;

/// <summary>The kernel's <c>struct sockaddr_in</c> and <c>sockaddr_in6</c> in native memory.</summary>
internal sealed unsafe class SocketAddress : IDisposable
{
    internal const int InternetFamily = 2;
    internal const int Internet6Family = 10;

    private const int CapacityBytes = 28;
    private const int Internet4Bytes = 16;

    // The address, then the place where accept stores its length.
    private byte* _memory = (byte*)NativeMemory.AllocZeroed(32);

    internal byte* Pointer => _memory;

    internal uint* LengthPointer => (uint*)(_memory + CapacityBytes);

    internal uint Length
    {
        get => *LengthPointer;
        private set => *LengthPointer = value;
    }

    private Span<byte> Bytes => new(_memory, CapacityBytes);

    public void Dispose()
    {
        NativeMemory.Free(_memory);
        _memory = null;
    }

    /// <summary>Makes room for an address that the kernel writes.</summary>
    internal void Expect() => Length = CapacityBytes;

    internal void Set(Endpoint endpoint)
    {
        Bytes.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(Bytes[2..], (ushort)endpoint.Port);
        if (FamilyOf(endpoint) == InternetFamily)
        {
            BitConverter.TryWriteBytes(Bytes, (ushort)InternetFamily);
            endpoint.Address.TryWriteBytes(Bytes[4..], out _);
            Length = Internet4Bytes;
            return;
        }

        BitConverter.TryWriteBytes(Bytes, (ushort)Internet6Family);
        endpoint.Address.TryWriteBytes(Bytes[8..], out _);
        BitConverter.TryWriteBytes(Bytes[24..], (uint)endpoint.Address.ScopeId);
        Length = CapacityBytes;
    }

    internal Endpoint Get()
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(Bytes[2..]);
        return BitConverter.ToUInt16(Bytes) switch
        {
            InternetFamily => new Endpoint(new IPAddress(Bytes.Slice(4, 4)), port),
            Internet6Family => new Endpoint(new IPAddress(Bytes.Slice(8, 16), BitConverter.ToUInt32(Bytes[24..])), port),
            _ => new Endpoint(IPAddress.None, port),
        };
    }

    internal static int FamilyOf(Endpoint endpoint) =>
        endpoint.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? InternetFamily : Internet6Family;
}
