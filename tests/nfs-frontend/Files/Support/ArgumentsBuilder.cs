using Uss.NfsFrontend.Nfs;
using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>Writes the arguments of calls.</summary>
internal sealed class ArgumentsBuilder
{
    public static readonly byte[] Key = [.. Enumerable.Range(1, FileHandle.KeyBytes).Select(i => (byte)i)];

    private readonly byte[] _bytes = new byte[FileCall.MaximumArgumentBytes];
    private int _length;

    public byte[] ToArray() => _bytes[.._length];

    public ArgumentsBuilder UInt32(uint value)
    {
        var writer = Begin();
        writer.UInt32(value);
        return End(writer);
    }

    public ArgumentsBuilder UInt64(ulong value)
    {
        var writer = Begin();
        writer.UInt64(value);
        return End(writer);
    }

    public ArgumentsBuilder Opaque(ReadOnlySpan<byte> bytes)
    {
        var writer = Begin();
        writer.Opaque(bytes);
        return End(writer);
    }

    public ArgumentsBuilder Handle(in FileHandle handle)
    {
        Span<byte> bytes = stackalloc byte[FileHandle.Size];
        handle.Write(bytes, Key);
        return Opaque(bytes);
    }

    public ArgumentsBuilder Time(NfsTime time) => UInt32(time.Seconds).UInt32(time.Nanoseconds);

    public ArgumentsBuilder Attributes(in SetAttributes wanted)
    {
        Optional(wanted.Mode);
        Optional(wanted.UserId);
        Optional(wanted.GroupId);
        if (wanted.Length is { } length)
            UInt32(1).UInt64(length);
        else
            UInt32(0);
        Change(wanted.AccessedChange, wanted.Accessed);
        Change(wanted.ModifiedChange, wanted.Modified);
        return this;
    }

    private void Optional(uint? value)
    {
        if (value is { } one)
            UInt32(1).UInt32(one);
        else
            UInt32(0);
    }

    private void Change(TimeChange change, NfsTime time)
    {
        UInt32((uint)change);
        if (change == TimeChange.Given)
            Time(time);
    }

    private XdrWriter Begin() => new(_bytes.AsSpan(_length));

    private ArgumentsBuilder End(in XdrWriter writer)
    {
        _length += writer.Position;
        return this;
    }
}
