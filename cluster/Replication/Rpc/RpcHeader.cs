using System.Runtime.InteropServices;
using Uss.Runtime;

namespace Uss.Replication.Rpc;

/// <summary>What a frame is.</summary>
internal enum RpcKind : byte
{
    /// <summary>Asks for something; ids are the sender's.</summary>
    Request = 1,

    /// <summary>Answers the request of that id.</summary>
    Answer = 2,
}

/// <summary>
/// The header of every frame after the handshake, little-endian:
/// <code>
///   0 magic "UssR"            4 version  5 kind  6 operation  7 zero
///   8 status  10 zero        12 timeout in ms (request; 0: none)
///  16 request id (64 bits)
///  24 target bytes (request) 28 details bytes
///  32 payload bytes          36 CRC-32C of block checksums and details
///  40 arguments (64 bytes)
/// 104 zero                  108 CRC-32C of bytes 0 to 107
/// </code>
/// Behind it come the block checksums (32 bits for each 4 KiB of payload), the details and the payload.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
internal struct RpcHeader
{
    public const int Size = 112;
    public const uint ExpectedMagic = 'U' | ('s' << 8) | ('s' << 16) | ((uint)'R' << 24);
    public const byte ExpectedVersion = 1;

    private const int ChecksumOffset = 108;

    [FieldOffset(0)]
    public uint Magic;

    [FieldOffset(4)]
    public byte Version;

    [FieldOffset(5)]
    public RpcKind Kind;

    [FieldOffset(6)]
    public byte Operation;

    [FieldOffset(7)]
    public byte Zero1;

    [FieldOffset(8)]
    public RpcStatus Status;

    [FieldOffset(10)]
    public ushort Zero2;

    [FieldOffset(12)]
    public uint TimeoutMs;

    [FieldOffset(16)]
    public ulong Id;

    [FieldOffset(24)]
    public int TargetBytes;

    [FieldOffset(28)]
    public int DetailBytes;

    [FieldOffset(32)]
    public int PayloadBytes;

    [FieldOffset(36)]
    public uint BodyChecksum;

    [FieldOffset(40)]
    public RpcArguments Arguments;

    [FieldOffset(104)]
    public uint Zero3;

    [FieldOffset(ChecksumOffset)]
    public uint Checksum;

    /// <summary>Blocks of the payload.</summary>
    public readonly int Blocks => PayloadBytes / RpcLimits.BlockBytes;

    /// <summary>Bytes of block checksums and details.</summary>
    public readonly int BodyBytes => (Blocks * sizeof(uint)) + DetailBytes;

    /// <summary>What a request takes of the window, bytes.</summary>
    public readonly int CostBytes => PayloadBytes + TargetBytes + DetailBytes;

    /// <summary>Writes the header with its checksum.</summary>
    public readonly void Write(Span<byte> destination)
    {
        MemoryMarshal.Write(destination, in this);
        MemoryMarshal.Write(destination[ChecksumOffset..], Crc32C.Compute(destination[..ChecksumOffset]));
    }

    /// <summary>Reads a header and checks everything that does not depend on the connection's state.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public static string? Parse(ReadOnlySpan<byte> source, out RpcHeader header)
    {
        header = MemoryMarshal.Read<RpcHeader>(source);
        if (header.Magic != ExpectedMagic)
            return "what came is not a frame";
        if (header.Checksum != Crc32C.Compute(source[..ChecksumOffset]))
            return "the checksum of a header is wrong";
        if (header.Version != ExpectedVersion)
            return "a header has an unknown version";
        if (header.Zero1 != 0 || header.Zero2 != 0 || header.Zero3 != 0)
            return "a header has bits of unknown meaning";
        if (!IsPayloadLength(header.PayloadBytes) || !IsPayloadLength(header.TargetBytes))
            return "a payload's length is not allowed";
        if (header.DetailBytes is < 0 or > RpcLimits.DetailBytes)
            return "the details are too long";
        return header.Kind switch
        {
            RpcKind.Request when header.Status != RpcStatus.Ok => "a request has a status",
            RpcKind.Answer when header.Status == RpcStatus.Lost => "an answer has a status that is never sent",
            RpcKind.Answer when header.TargetBytes != 0 || header.TimeoutMs != 0 => "an answer has fields of a request",
            RpcKind.Request or RpcKind.Answer => null,
            _ => "a frame is of unknown kind",
        };
    }

    public static bool IsPayloadLength(int length) =>
        length is >= 0 and <= RpcLimits.PayloadBytes && length % RpcLimits.BlockBytes == 0;
}
