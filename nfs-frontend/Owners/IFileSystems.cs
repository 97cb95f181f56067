namespace Uss.NfsFrontend.Owners;

/// <summary>The file systems that there are.</summary>
public interface IFileSystems
{
    /// <summary>The way to a file system; null when it is gone.</summary>
    FileSystemRoute? Find(uint id);
}
