using Uss.WebUi.Services;

namespace Uss.Host.Cli;

public sealed class SecretInputTests
{
    [Test]
    public void GeneratedSecretsAreAcceptedAndDiffer()
    {
        var secrets = Enumerable.Range(0, 200).Select(_ => SecretInput.Generate()).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(secrets, Is.Unique);
            Assert.That(secrets.Select(Names.CheckChapSecret), Is.All.Null);
            Assert.That(secrets.Select(secret => secret.Length), Is.All.EqualTo(16), "Windows takes no more than 16 characters");
            Assert.That(secrets.Select(secret => char.IsAsciiLetterOrDigit(secret[0])), Is.All.True);
        });
    }
}
