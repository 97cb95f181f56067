using System.Text.Json;
using Uss.Host.Cli;
using Uss.Runtime;

namespace Uss.Host.Serve;

/// <summary>The service in this process, on a folder of its own and a free port.</summary>
internal sealed class RunningService
{
    // A start that hangs fails by this; it decides nothing else.
    private static readonly TimeSpan _hangLimit = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource<string> _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReadyWriter _output = new();
    private readonly string _folder;
    private readonly Task _running;

    private RunningService(string folder, string[] options)
    {
        _folder = folder;
        string[] line =
        [
            "serve", "--data", folder, "--disk-size", "64M",
            .. Default("--iscsi", "127.0.0.1:0", options), .. Default("--nfs", "127.0.0.1:0", options), .. options,
        ];
        var parsed = CommandTree.Create().Parse(line);
        Assert.That(parsed.Errors, Is.Empty);
        var serve = ServeCommand.OptionsOf(parsed);
        _running = Task.Run(() => Service.RunAsync(serve, _output, _stop.Task));
    }

    /// <summary>All that it printed.</summary>
    public string Output => _output.ToString();

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<RunningService> StartAsync(string folder, params string[] options)
    {
        var service = new RunningService(folder, options);
        var first = await Task.WhenAny(service._output.Ready, service._running).WaitAsync(_hangLimit);
        if (first == service._running)
            await service._running;
        return service;
    }

    /// <summary>Starts it where it is expected to refuse.</summary>
    public static async Task<Fault> StartExpectingRefusalAsync(string folder, params string[] options)
    {
        var service = new RunningService(folder, options);
        var first = await Task.WhenAny(service._output.Ready, service._running).WaitAsync(_hangLimit);
        if (first != service._running)
            await service.StopAsync();
        var failure = await Assert.ThrowsAsync<CommandFailure>(() => service._running);
        Assert.That(failure!.Fault.Remedy, Is.Not.Empty, "a refusal says what to do");
        Assert.That(service.Output, Is.Empty);
        return failure.Fault;
    }

    /// <summary>Runs a command against it that must succeed.</summary>
    public async Task<string> CommandAsync(string line)
    {
        var result = await TryCommandAsync(line);
        Assert.That(result.ExitCode, Is.Zero, result.Error);
        return result.Output;
    }

    /// <summary>Runs a command against it and reads what it printed as JSON.</summary>
    public async Task<JsonElement> JsonAsync(string line) =>
        JsonDocument.Parse(await CommandAsync(line + " -o json")).RootElement;

    /// <summary>Runs a command against it.</summary>
    public Task<CommandLine> TryCommandAsync(string line) => CommandLine.RunAsync([.. line.Split(' '), "--data", _folder]);

    /// <summary>Stops it as a signal would.</summary>
    public async Task StopAsync()
    {
        _stop.TrySetResult("test");
        await _running.WaitAsync(_hangLimit);
    }

    private static string[] Default(string option, string value, string[] given) => given.Contains(option) ? [] : [option, value];

    private sealed class ReadyWriter : StringWriter
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ready => _ready.Task;

        public override Task FlushAsync()
        {
            _ready.TrySetResult();
            return base.FlushAsync();
        }
    }
}
