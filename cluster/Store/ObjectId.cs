namespace Uss.Store;

/// <summary>Names an object: 4 MiB of a space's address range.</summary>
/// <param name="Space">The space: a volume's address range, a file's contents or a file system's metadata.</param>
/// <param name="Index">Which 4 MiB of the space.</param>
public readonly record struct ObjectId(ulong Space, uint Index)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Space:x}/{Index}";
}
