using System.Buffers.Text;
using System.Security.Cryptography;
using Uss.Host.Serve;
using Uss.Runtime;

namespace Uss.Host.Web;

/// <summary>The token of the web API: made at the first start, kept in the data folder for its owner alone.</summary>
internal static class WebToken
{
    private const int Bytes = 32;

    public static string PathIn(DataFolder folder) => Path.Combine(folder.Path, "web-token");

    /// <summary>The folder's token. Faults: it cannot be read or made.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="isNew">It was made just now.</param>
    public static Result<string> Obtain(DataFolder folder, out bool isNew)
    {
        var path = PathIn(folder);
        isNew = false;
        try
        {
            if (File.Exists(path))
            {
                var present = File.ReadAllText(path).Trim();
                return present.Length >= Bytes ? present : new Fault(
                    "web-token", $"{path} holds no token.", "Delete it: the next start makes another one.");
            }

            var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var stream = new StreamWriter(path, options))
                stream.WriteLine(token);
            isNew = true;
            return token;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Fault("web-token", $"{path} cannot be read or made: {exception.Message}", "Make the data folder writable.");
        }
    }
}
