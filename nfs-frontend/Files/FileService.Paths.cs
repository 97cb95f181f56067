using System.Text;
using Uss.NfsFrontend.Metadata;
using Uss.NfsFrontend.Nfs;

namespace Uss.NfsFrontend.Files;

// Paths, for administrators.
public sealed partial class FileService
{
    private const int MaximumPathBytes = 4096;

    /// <summary>Finds the directory that a path leads to; it begins at the uppermost one.</summary>
    /// <param name="path">The path, its parts divided by slashes.</param>
    /// <returns>The answer counts where the status is <see cref="RecordStatus.Ok"/>, inode and generation where it is good.</returns>
    public async ValueTask<(RecordStatus Status, NfsStatus Answer, ulong Inode, uint Generation)> FindDirectoryAsync(string path)
    {
        var find = new FindDirectoryOperation(Encoding.UTF8.GetBytes(path));
        var status = await _records.RunAsync(find);
        return (status, find.Status, find.Inode, find.Generation);
    }

    /// <summary>The path of a directory, as it was a moment ago; null when it cannot be told.</summary>
    /// <param name="directory">Its inode.</param>
    public async ValueTask<string?> PathOfAsync(ulong directory)
    {
        var names = new List<byte[]>();
        while (directory != RootInode)
        {
            var find = new FindNameOperation(directory);
            do
            {
                if (_isClosing || await _records.RunAsync(find) != RecordStatus.Ok)
                    return null;
            }
            while (find.Name is null && find.MoveOn());
            if (find.Name is null || names.Sum(name => name.Length + 1) + find.Name.Length > MaximumPathBytes)
                return null;
            names.Add(find.Name);
            directory = find.Parent;
        }

        names.Reverse();
        return "/" + string.Join('/', names.Select(Encoding.UTF8.GetString));
    }
}
