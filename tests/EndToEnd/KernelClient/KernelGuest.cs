using System.Globalization;
using Uss.EndToEnd.Harness;

namespace Uss.EndToEnd.KernelClient;

/// <summary>
/// A small Linux guest (User Mode Linux: a kernel that runs as an ordinary program) in a sandbox, with the kernel's own
/// iSCSI initiator, ext4 and xfs. It sees the host's files, writes to its own memory only, and reaches the sandbox's
/// network as 10.77.0.2.
/// </summary>
internal sealed class KernelGuest : IDisposable
{
    /// <summary>Address of the sandbox as the guest sees it: where a service must listen to be reached.</summary>
    public const string HostAddress = "10.77.0.1";

    private const string AskPrefix = "ask ";

    private readonly TemporaryFolder _exchange = new();
    private readonly TaskCompletionSource<SandboxProgram> _started = new();
    private readonly SandboxProgram _kernel;
    private readonly IReadOnlyDictionary<string, Func<string>> _answers;
    private volatile Exception? _failedAnswer;

    /// <summary>Starts the guest with a script of <c>KernelClient/</c>.</summary>
    /// <param name="variables">Environment of the script.</param>
    /// <param name="answers">What the test does and says when the script prints <c>ask NAME</c>; the script reads the answer.</param>
    /// <param name="memorySize">As the kernel's <c>mem=</c> takes it.</param>
    public KernelGuest(
        Sandbox sandbox,
        string script,
        IReadOnlyDictionary<string, string>? variables = null,
        IReadOnlyDictionary<string, Func<string>>? answers = null,
        string memorySize = "512M")
    {
        _answers = answers ?? new Dictionary<string, Func<string>>();
        AddNetwork(sandbox);
        var assignments = (variables ?? new Dictionary<string, string>()).Select(pair => $"export {pair.Key}='{pair.Value}'");
        File.WriteAllLines(_exchange["command"], [.. assignments, $"cd /; exec bash -eu '{Path.Combine(Repository.KernelClient, script)}'"]);
        var wideRegisters = _exchange["wide-registers.so"];
        sandbox.Run(
            TimeSpan.FromSeconds(60), "gcc", "-O2", "-shared", "-fPIC", "-o", wideRegisters, Path.Combine(Repository.KernelClient, "wide-registers.c"))
            .Succeeded();
        _kernel = sandbox.Start(
            "env",
            [
                "LD_PRELOAD=" + wideRegisters, "linux.uml",
                "mem=" + memorySize, "root=none", "rootfstype=hostfs", "rootflags=/", "ro", "quiet",
                "init=" + Path.Combine(Repository.KernelClient, "init"), "exchange=" + _exchange.FullPath,
                "uml_dir=" + _exchange.FullPath, "umid=guest",
                "con=null", "con0=null,fd:2", "ssl=null", "ssl0=fd:0,fd:1",
                "vec0:transport=tap,ifname=guest,depth=64,gro=1,mtu=9000",
            ],
            line =>
            {
                if (line.StartsWith(AskPrefix, StringComparison.Ordinal))
                    _ = AnswerAsync(line[AskPrefix.Length..].Trim());
            });
        _started.SetResult(_kernel);
    }

    /// <summary>What the script has printed, and the kernel's own messages.</summary>
    public string Output => _kernel.Output;

    /// <summary>Where the test finds a file that the script left in <c>/run/exchange</c>.</summary>
    public string FileOf(string name) => _exchange[name];

    /// <summary>Makes the host's end of the guest's network, so that a service can listen on <see cref="HostAddress"/> before the guest starts.</summary>
    public static void AddNetwork(Sandbox sandbox) => sandbox.Shell(
        TimeSpan.FromSeconds(10),
        $"""
        ip link show guest >/dev/null 2>&1 && exit
        ip tuntap add dev guest mode tap
        ip addr add {HostAddress}/24 dev guest
        ip link set guest mtu 9000 up
        """).Succeeded();

    /// <summary>Waits for the script's end; it must have ended well.</summary>
    public void Succeeded(TimeSpan limit)
    {
        var result = _kernel.WaitForExit(limit);
        if (_failedAnswer is { } exception)
            Assert.Fail($"{exception.Message}\nThe guest printed:\n{result.Output}");
        var path = _exchange["status"];
        var status = File.Exists(path) ? File.ReadAllText(path).Trim() : $"none: the kernel ended early with {result.ExitCode}";
        Assert.That(status, Is.EqualTo(0.ToString(CultureInfo.InvariantCulture)), $"exit status of the guest's script; it printed:\n{result.Output}");
    }

    public void Dispose()
    {
        _kernel.Dispose();
        _exchange.Dispose();
    }

    private async Task AnswerAsync(string name)
    {
        var kernel = await _started.Task;
        try
        {
            kernel.WriteLine(await Task.Run(_answers[name]));
        }
        catch (Exception exception)
        {
            _failedAnswer = exception;
            kernel.Kill();
        }
    }
}
