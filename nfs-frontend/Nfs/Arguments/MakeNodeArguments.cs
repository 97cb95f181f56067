using Uss.NfsFrontend.Xdr;

namespace Uss.NfsFrontend.Nfs;

/// <summary>The arguments of MKNOD (RFC 1813, 3.3.11).</summary>
/// <param name="Where">The new name.</param>
/// <param name="Type">What to create; any number, since those that cannot be created this way have an error of their own.</param>
/// <param name="Attributes">Attributes of the new node.</param>
/// <param name="Device">Major and minor number of a device.</param>
public readonly record struct MakeNodeArguments(NamedEntry Where, FileType Type, SetAttributes Attributes, (uint Major, uint Minor) Device)
{
    /// <summary>Reads them.</summary>
    public static MakeNodeArguments Read(ref XdrReader reader)
    {
        var where = NamedEntry.Read(ref reader);
        var type = (FileType)reader.UInt32();
        var attributes = type is FileType.CharacterDevice or FileType.BlockDevice or FileType.Socket or FileType.Pipe
            ? SetAttributes.Read(ref reader)
            : default;
        var device = type is FileType.CharacterDevice or FileType.BlockDevice ? (reader.UInt32(), reader.UInt32()) : default;
        return new MakeNodeArguments(where, type, attributes, device);
    }
}
