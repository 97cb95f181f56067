using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files.Tests;

/// <summary>A file as the model has it.</summary>
internal sealed class ModelNode
{
    public required FileHandle Handle { get; init; }

    public required FileType Type { get; init; }

    public uint Mode { get; set; }

    public uint Links { get; set; } = 1;

    public uint User { get; init; }

    public uint Group { get; init; }

    public long Length { get; set; }

    public ulong Verifier { get; set; }

    public ModelNode? Parent { get; set; }

    public string Path { get; init; } = "";

    /// <summary>Nothing of it is left.</summary>
    public bool IsGone { get; set; }

    public SortedDictionary<string, ModelNode> Entries { get; } = new(StringComparer.Ordinal);

    public bool IsDirectory => Type == FileType.Directory;

    /// <summary>The times that were seen last, and whether they must have become later since.</summary>
    public NfsTime Modified { get; set; }

    public NfsTime Changed { get; set; }

    public bool IsModified { get; set; }

    public bool IsChanged { get; set; }

    /// <summary>Its contents, or its entries, were changed.</summary>
    public void Modify() => (IsModified, IsChanged) = (true, true);

    public bool IsBelow(ModelNode upper)
    {
        for (var node = this; ; node = node.Parent!)
        {
            if (node == upper)
                return true;
            if (node.Parent == node)
                return false;
        }
    }
}
