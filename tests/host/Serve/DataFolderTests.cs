using Uss.TestSupport;

namespace Uss.Host.Serve;

public sealed class DataFolderTests
{
    private TemporaryFolder _temporary = null!;
    private string _root = null!;

    [SetUp]
    public void CreateFolder() => _root = (_temporary = new TemporaryFolder()).Path;

    [TearDown]
    public void DeleteFolder() => _temporary.Dispose();

    [Test]
    public void ANewFolderIsForItsOwnerAlone()
    {
        var folder = new DataFolder(Path.Combine(_root, "a", "b"));
        Assert.That(folder.Prepare(), Is.Null);
        Assert.That(
            File.GetUnixFileMode(folder.Path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Is.Empty);
    }

    [Test]
    public void WhatCannotBeAFolderIsNamed()
    {
        var file = Path.Combine(_root, "file");
        File.WriteAllText(file, "");
        var fault = new DataFolder(file).Prepare();
        Assert.That(fault?.Code, Is.EqualTo("data-not-writable"));
        Assert.That(fault!.ToString(), Does.Contain(file).And.Contain("--data"));
    }

    [Test]
    public void ASecondHolderIsRefusedAndToldWhoIsFirst()
    {
        var folder = new DataFolder(_root);
        using (var first = DataLock.Take(folder).Value!)
        {
            first.WritePid();
            var second = DataLock.Take(folder);
            Assert.That(second.Fault?.Code, Is.EqualTo("data-locked"));
            Assert.That(second.Fault!.ToString(), Does.Contain(_root).And.Contain($"process {Environment.ProcessId}"));
        }

        Assert.That(File.Exists(folder.PidFile), Is.False);
        using var third = DataLock.Take(folder).Value;
        Assert.That(third, Is.Not.Null, "the lock ends with its holder");
    }
}
