using System.Diagnostics;

namespace Uss.EndToEnd.Harness;

/// <summary>The built program, running as <c>uss serve</c> in a sandbox on a data folder.</summary>
internal sealed class UssService : IDisposable
{
    /// <summary>Target of a service in its default set-up.</summary>
    public const string TargetIqn = "iqn.2026-11.local.uss:default";

    private const int Port = 3260;

    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private readonly Sandbox _sandbox;
    private readonly string[] _options;
    private SandboxProgram? _program;
    private TaskCompletionSource _ready = new();
    private string _earlierOutput = "";

    /// <param name="options">Options of <c>uss serve</c> beside the data folder and the address.</param>
    public UssService(Sandbox sandbox, string dataFolder, string address = "127.0.0.1", params string[] options)
    {
        _sandbox = sandbox;
        DataFolder = dataFolder;
        Address = address;
        _options = options;
    }

    /// <summary>Folder given as <c>--data</c>.</summary>
    public string DataFolder { get; }

    /// <summary>Address given in <c>--iscsi</c> at the next start.</summary>
    public string Address { get; set; }

    /// <summary>Where the target listens.</summary>
    public string Portal => $"{Address}:{Port}";

    /// <summary>Id of the service's process.</summary>
    public int ProcessId => Program.ProcessId;

    /// <summary>True while the process lives.</summary>
    public bool IsRunning => _program is { HasExited: false };

    /// <summary>All that the service has printed, over all its starts.</summary>
    public string Output => _earlierOutput + _program?.Output;

    private SandboxProgram Program => _program ?? throw new InvalidOperationException("the service was not started");

    /// <summary>URL of a LUN as libiscsi and QEMU write it.</summary>
    /// <param name="credentials">Empty, or <c>user%secret@</c>.</param>
    public string Url(int lun = 0, string credentials = "") => $"iscsi://{credentials}{Portal}/{TargetIqn}/{lun}";

    /// <summary>Starts the service, again on the same data if it ran before, and waits until it says that it is ready.</summary>
    /// <returns>How long that took.</returns>
    public TimeSpan Start()
    {
        var clock = Stopwatch.StartNew();
        Launch();
        while (!_ready.Task.Wait(TimeSpan.FromMilliseconds(20)))
        {
            if (Program.HasExited || clock.Elapsed > ReadyLimit)
            {
                var result = Program.HasExited ? $"ended with {Program.WaitForExit(ReadyLimit).ExitCode}" : $"is not ready after {ReadyLimit.TotalSeconds} s";
                Assert.Fail($"the service {result}:\n{Program.Tail(40)}");
            }
        }

        return clock.Elapsed;
    }

    /// <summary>Starts the service where it is expected to refuse, and gives its exit status and words.</summary>
    public ProgramResult StartExpectingRefusal(TimeSpan limit)
    {
        Launch();
        return Program.WaitForExit(limit);
    }

    /// <summary>Runs <c>uss</c> against this service.</summary>
    public ProgramResult Command(params string[] arguments)
    {
        using var running = _sandbox.Start(
            Repository.Program, arguments, environment: new Dictionary<string, string> { ["USS_DATA"] = DataFolder });
        var result = running.WaitForExit(TimeSpan.FromSeconds(30));
        return result with { Program = "uss " + string.Join(' ', arguments) };
    }

    /// <summary>Kills the service without a chance to do anything more (SIGKILL), as a crash would.</summary>
    public void Kill() => Program.Kill();

    /// <summary>Freezes or thaws the service (SIGSTOP, SIGCONT).</summary>
    public void Freeze(bool freeze) => Program.Signal(freeze ? NativeMethods.SignalStop : NativeMethods.SignalContinue);

    /// <summary>Asks the service to stop (SIGTERM) and gives how long it took.</summary>
    public (TimeSpan Took, ProgramResult Result) Stop()
    {
        var clock = Stopwatch.StartNew();
        Program.Signal(NativeMethods.SignalTerminate);
        var result = Program.WaitForExit(TimeSpan.FromSeconds(30));
        return (clock.Elapsed, result);
    }

    public void Dispose() => _program?.Dispose();

    private void Launch()
    {
        if (_program is not null)
        {
            Assert.That(_program.HasExited, "the service runs already");
            _earlierOutput += _program.Output;
            _program.Dispose();
        }

        Assert.That(Repository.Program, Does.Exist, "the program is not built: dotnet build Uss.sln in the configuration of the tests");
        var ready = _ready = new TaskCompletionSource();
        _program = _sandbox.Start(
            Repository.Program,
            ["serve", "--data", DataFolder, "--iscsi", Portal, .. _options],
            line =>
            {
                if (line.StartsWith("ready", StringComparison.Ordinal))
                    ready.TrySetResult();
            });
    }
}
